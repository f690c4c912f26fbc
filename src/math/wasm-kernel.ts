import type { Kernel } from "./kernel.js";
import { NEAREST_KERNEL } from "./nearest-kernel.js";

/** What of WebAssembly is used; its types are not part of ES. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
};

const PAGE_BYTES = 65_536;

/** @throws If there is no WebAssembly, or none with SIMD. */
export function wasmKernel(): Kernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(NEAREST_KERNEL, "base64")));
  const { memory, nearest, dots } = exports as Pick<Kernel, "nearest" | "dots"> & {
    memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  };
  return {
    name: "wasm",
    reserve(bytes) {
      const missing = bytes - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
      return { floats: new Float32Array(memory.buffer), integers: new Int32Array(memory.buffer) };
    },
    nearest,
    dots,
  };
}
