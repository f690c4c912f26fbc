import { KuraError } from "../../errors.js";
import { Damage, damaged } from "../columnar/damage.js";
import { zstdDecompress } from "../columnar/zstd.js";
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
  const plain = await zstdDecompress(stored, length).catch(unreadable);
  return plain.length === length ? plain : damaged("a compressed buffer holds less than it claims");
}

function unreadable(error: unknown): never {
  if (error instanceof Damage || error instanceof KuraError) throw error;
  damaged(`a compressed buffer cannot be read (${error instanceof Error ? error.message : String(error)})`);
}
