import { createHash } from "node:crypto";
import type { Columns, ColumnValue, Row } from "./column.js";
import { compileEncoder } from "./encode.js";

/** Hashed at once: a call for each row costs more than its bytes. */
const BLOCK_BYTES = 256 << 10;
/** UTF-8 needs at most three bytes for a UTF-16 unit. */
const MOST_BYTES_PER_UNIT = 3;

/**
 * The `rowHash` of rows: SHA-256 over their canonical form, whatever the format they are stored in. That is their JSON Lines; where a
 * vector is, the line has its length, and behind the line are its floats, little-endian: to spell them costs more than all else.
 *
 * Checks each row on its way: what has a hash fits its columns.
 */
export class RowHash {
  readonly #encode: (row: Row) => string;
  readonly #hash = createHash("sha256");
  /** Of the row in hand. */
  #vectors: Float32Array[] = [];
  readonly #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #blockBytes = 0;

  constructor(columns: Columns) {
    this.#encode = compileEncoder(columns, {
      spellVector: (vector) => {
        this.#vectors.push(vector);
        return String(vector.length);
      },
    });
  }

  /**
   * @returns The bytes of its canonical form.
   * @throws {FieldError} For a row that does not fit; nothing of it is hashed.
   */
  add(row: Row): number {
    this.#vectors.length = 0;
    // Each line by itself: joined, one that is not Latin-1 would make all others take twice the memory and time.
    let byteLength = this.#addText(`${this.#encode(row)}\n`);
    for (const { buffer, byteOffset, byteLength: bytes } of this.#vectors) {
      this.#addBytes(new Uint8Array(buffer, byteOffset, bytes));
      byteLength += bytes;
    }
    return byteLength;
  }

  digest(): string {
    this.#flush();
    return `sha256:${this.#hash.digest("hex")}`;
  }

  #addText(text: string): number {
    const most = text.length * MOST_BYTES_PER_UNIT;
    if (most > BLOCK_BYTES) {
      const bytes = Buffer.from(text);
      this.#addBytes(bytes);
      return bytes.length;
    }
    if (this.#blockBytes + most > BLOCK_BYTES) this.#flush();
    const written = this.#block.write(text, this.#blockBytes);
    this.#blockBytes += written;
    return written;
  }

  #addBytes(bytes: Uint8Array): void {
    if (this.#blockBytes + bytes.length > BLOCK_BYTES) this.#flush();
    if (bytes.length > BLOCK_BYTES) {
      this.#hash.update(bytes);
    } else {
      this.#block.set(bytes, this.#blockBytes);
      this.#blockBytes += bytes.length;
    }
  }

  #flush(): void {
    this.#hash.update(this.#block.subarray(0, this.#blockBytes));
    this.#blockBytes = 0;
  }
}

/** Whether rows of these columns have vectors: if not, their canonical form is their JSON Lines and nothing else. */
export function hasVectors(columns: readonly ColumnValue[]): boolean {
  return columns.some((column) => {
    if (column.type === "vector") return true;
    if (column.type === "list") return hasVectors([column.items]);
    if (column.type === "map") return hasVectors([column.values]);
    return column.type === "struct" && hasVectors(column.fields);
  });
}
