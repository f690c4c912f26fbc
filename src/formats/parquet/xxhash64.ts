import { reserved, wasmModule } from "../../bytes/wasm-module.js";
import { XXHASH64_KERNEL } from "./xxhash64-kernel.js";

/* XXH64 with seed 0, by which Parquet's bloom filters find their bits. In WASM: JavaScript has no fast integers of 64 bits. */

const { memory, hash, hashes } = wasmModule<{
  hash(start: number, byteLength: number): bigint;
  hashes(start: number, end: number, width: number, out: number): number;
}>(XXHASH64_KERNEL);

/** Before each value that has no width. */
const LENGTH_BYTES = 4;
const HASH_BYTES = 8;

export function xxhash64(bytes: Uint8Array): bigint {
  new Uint8Array(reserved(memory, bytes.length)).set(bytes);
  return BigInt.asUintN(64, hash(0, bytes.length));
}

/**
 * Of each of some values in PLAIN encoding; texts without their length.
 *
 * @param width Of every value, or undefined where each begins with its length.
 * @returns A view, good until the next call: two words for each, the lower first.
 */
export function xxhash64OfEach(plain: Uint8Array, width: number | undefined): Int32Array {
  const out = Math.ceil(plain.length / HASH_BYTES) * HASH_BYTES;
  const buffer = reserved(memory, out + (plain.length / (width ?? LENGTH_BYTES)) * HASH_BYTES);
  new Uint8Array(buffer).set(plain);
  const end = hashes(0, plain.length, width ?? 0, out);
  return new Int32Array(buffer, out, (end - out) / 4);
}
