import { KuraError } from "../errors.js";

/** What of WebAssembly is used; its types are not part of ES. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
};

const PAGE_BYTES = 65_536;

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/**
 * What a module exports, with a memory of its own.
 *
 * @throws {KuraError} If there is no WebAssembly, or none with SIMD (`node --jitless`, processors before SSE4.1), or no address space for it.
 */
export function wasmModule<E extends object>(base64: string): E & { readonly memory: WasmMemory } {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(base64, "base64")));
    return exports as E & { readonly memory: WasmMemory };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KuraError(
      `Cannot start WebAssembly, which Parquet and datasets need: ${reason}; each module reserves gigabytes of addresses, though it uses little memory (ulimit -v unlimited)`,
      { cause },
    );
  }
}

/** The memory's bytes, at least as many. Earlier views of them are void. */
export function reserved(memory: WasmMemory, bytes: number): ArrayBuffer {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  return memory.buffer;
}
