import { assertZstdSize } from "./zstd-frames.js";
import { loadZstd } from "./zstd-library.js";
import { zstdInThread } from "./zstd-thread.js";

/** A page of a megabyte takes 20 ms; the next levels are several times slower. */
const MOST_LEVEL_HERE = 3;
/** Takes 10 to 20 ms. */
const MOST_BYTES_HERE = 4 << 20;

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
