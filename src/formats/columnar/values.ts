import type { TextBuffer } from "./byte-buffer.js";

/** The values of one page or batch. Where it has nulls, a page holds none for them, a batch anything. */
export type Values = Numbers | Int64s | ByteStrings | Indexed;

export interface Numbers {
  readonly kind: "numbers";
  /** Booleans are bytes, 0 or 1. */
  readonly array:
    | Int8Array
    | Uint8Array
    | Int16Array
    | Uint16Array
    | Int32Array
    | Uint32Array
    | Float32Array
    | Float64Array;
}

export interface Int64s {
  readonly kind: "int64s";
  /** Two for each, the lower first. */
  readonly words: Int32Array;
}

export interface ByteStrings {
  readonly kind: "bytes";
  readonly bytes: TextBuffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** All of them are ASCII: known, or not looked at. */
  readonly areAscii?: boolean;
}

/** Byte strings out of a dictionary. */
export interface Indexed {
  readonly kind: "indexed";
  readonly dictionary: ByteStrings;
  readonly indexes: Int32Array;
}

export function textBuffer({ buffer, byteOffset, byteLength }: Uint8Array): TextBuffer {
  return Buffer.from(buffer, byteOffset, byteLength) as TextBuffer;
}
