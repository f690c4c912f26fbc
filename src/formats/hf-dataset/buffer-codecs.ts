import { damaged } from "../columnar/damage.js";
import { loadZstd } from "../columnar/zstd.js";
import { assertZstdSize } from "../columnar/zstd-frames.js";
import { lz4FrameDecompress } from "./lz4-frames.js";

/** Of the length that a compressed buffer begins with. */
const LENGTH_BYTES = 8;

/**
 * One buffer, behind the length of what it holds; below zero where it is stored as it is.
 *
 * @throws {Damage} If it is none, or holds more than `most` bytes.
 */
export async function decompressBuffer(codec: "lz4" | "zstd", bytes: Uint8Array, most: number): Promise<Uint8Array> {
  if (bytes.length < LENGTH_BYTES) return damaged("a compressed buffer is cut off");
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true));
  const stored = bytes.subarray(LENGTH_BYTES);
  if (length === -1) return stored;
  if (length < 0 || length > most) return damaged(`a compressed buffer claims to hold ${length} bytes`);
  if (length === 0) return new Uint8Array(0);
  if (codec === "lz4") return lz4FrameDecompress(stored, length);
  assertZstdSize(stored, length);
  const zstd = await loadZstd();
  const plain = await decompressed(() => zstd.decompress(stored, { defaultHeapSize: length }));
  // Its memory is the codec's, which uses it again.
  return plain.length === length ? Uint8Array.from(plain) : damaged("a compressed buffer holds less than it claims");
}

async function decompressed(act: () => Uint8Array | Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await act();
  } catch (error) {
    return damaged(`a compressed buffer cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}
