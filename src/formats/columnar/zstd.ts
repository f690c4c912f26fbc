import { assertZstdSize } from "./zstd-frames.js";
import { zstdInThread } from "./zstd-thread.js";

type Zstd = typeof import("@bokuweb/zstd-wasm");
let zstdLoading: Promise<Zstd> | undefined;

/** A page of a megabyte takes 20 ms; the next levels are several times slower. */
const MOST_LEVEL_HERE = 3;
/** Takes 10 to 20 ms. */
const MOST_BYTES_HERE = 4 << 20;

/** WASM in every Node, though newer ones have it built in: the same rows are the same bytes everywhere. */
export function loadZstd(): Promise<Zstd> {
  zstdLoading ??= import("@bokuweb/zstd-wasm").then(async (zstd) => {
    await zstd.init();
    return zstd;
  });
  return zstdLoading;
}

export async function zstdCompress(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  if (level > MOST_LEVEL_HERE) return await zstdInThread({ bytes, level });
  return (await loadZstd()).compress(bytes, level);
}

/**
 * To so many bytes at most.
 *
 * @throws {Damage} If the bytes say that they are of another length.
 * @throws {Error} If they are no such thing.
 */
export async function zstdDecompress(bytes: Uint8Array, byteLength: number): Promise<Uint8Array> {
  assertZstdSize(bytes, byteLength);
  if (byteLength > MOST_BYTES_HERE) return await zstdInThread({ bytes, byteLength });
  return (await loadZstd()).decompress(bytes, { defaultHeapSize: byteLength });
}
