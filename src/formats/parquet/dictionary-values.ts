import { reserved, wasmModule } from "../../bytes/wasm-module.js";
import { damaged } from "../columnar/damage.js";
import type { Values } from "../columnar/values.js";
import { DICTIONARY_KERNEL } from "./dictionary-kernel.js";

/* Values that are numbers of those of a dictionary. In WASM: a page of vectors has a million of them. */

const { memory, indexes, gather4, gather8 } = wasmModule<{
  indexes(at: number, end: number, bitWidth: number, out: number, count: number, size: number): number;
  gather4(at: number, end: number, values: number): void;
  gather8(at: number, end: number, values: number, out: number): void;
}>(DICTIONARY_KERNEL);

/** That the kernel reads behind the bytes of a page. */
const SPARE_BYTES = 8;
const INDEX_BYTES = 4;
const WIDEST_INDEX = 32;
const [FINE, CUT_OFF] = [0, 1];

/**
 * @param page The width of the numbers, and their runs.
 * @param count How many there are.
 * @throws {Damage} If there are fewer, or one is not in the dictionary.
 */
export function valuesOfDictionary(dictionary: Values, page: Uint8Array, count: number): Values {
  switch (dictionary.kind) {
    case "bytes": {
      const { buffer, start, end } = decode(page, count, dictionary.starts.length, 0);
      return { kind: "indexed", dictionary, indexes: new Int32Array(buffer.slice(start, end)) };
    }
    case "int64s":
      return { kind: "int64s", words: new Int32Array(gathered(dictionary.words, 8, page, count)) };
    case "numbers": {
      const { array } = dictionary;
      const values = gathered(array, array.BYTES_PER_ELEMENT, page, count);
      return { kind: "numbers", array: new (array.constructor as Float64ArrayConstructor)(values) };
    }
    case "indexed":
      return damaged("a dictionary refers to a dictionary");
  }
}

function gathered(
  { buffer: from, byteOffset, byteLength }: ArrayBufferView,
  width: number,
  page: Uint8Array,
  count: number,
): ArrayBuffer {
  // Only booleans are narrower than indexes, and nobody has a dictionary of two values of one bit.
  if (width !== 4 && width !== 8) return damaged("a dictionary is of booleans");
  const more = byteLength + (width === 8 ? count * width + SPARE_BYTES : 0);
  const { buffer, start, end } = decode(page, count, byteLength / width, more);
  new Uint8Array(buffer).set(new Uint8Array(from, byteOffset, byteLength), end);
  if (width === 4) {
    gather4(start, end, end);
    return buffer.slice(start, end);
  }
  const out = end + byteLength;
  gather8(start, end, end, out);
  return buffer.slice(out, out + count * width);
}

/** @returns Where in memory the numbers are, behind which there is room for more bytes. */
function decode(
  page: Uint8Array,
  count: number,
  size: number,
  more: number,
): { buffer: ArrayBuffer; start: number; end: number } {
  const [bitWidth] = page;
  if (bitWidth === undefined) return damaged("a page has no indexes into its dictionary");
  if (bitWidth > WIDEST_INDEX) damaged(`indexes of ${bitWidth} bits into a dictionary`);
  const start = Math.ceil((page.length + SPARE_BYTES) / INDEX_BYTES) * INDEX_BYTES;
  const end = start + count * INDEX_BYTES;
  const buffer = reserved(memory, end + more);
  new Uint8Array(buffer).set(page);
  const outcome = indexes(1, page.length, bitWidth, start, count, size);
  if (outcome !== FINE)
    damaged(
      outcome === CUT_OFF ? "indexes into a dictionary are cut off" : `a value is beyond the ${size} of its dictionary`,
    );
  return { buffer, start, end };
}
