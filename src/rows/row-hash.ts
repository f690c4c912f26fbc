import { createHash } from "node:crypto";
import { ByteLine } from "./byte-line.js";
import type { Columns, ColumnValue, Row } from "./column.js";
import { compileLineEncoder, type Encode } from "./encode.js";
import { writeJson, writeJsonTo } from "./write-json.js";

/** Hashed at once: a call for each row costs more than its bytes. */
const BLOCK_BYTES = 256 << 10;

/**
 * The `rowHash` of rows: SHA-256 over their canonical form, whatever the format they are stored in. That is their JSON Lines; where a
 * vector is, the line has its length, and behind the line are its floats, little-endian: to spell them costs more than all else.
 *
 * Checks each row on its way: what has a hash fits its columns.
 */
export class RowHash {
  readonly #encode: Encode;
  readonly #line = new ByteLine();
  readonly #hash = createHash("sha256");
  readonly #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #blockBytes = 0;
  // Of the row in hand, and behind it what is left of others.
  readonly #vectors: Float32Array[] = [];
  #vectorCount = 0;
  readonly #jsonValues: unknown[] = [];
  /** Where in the line each begins and ends. */
  readonly #jsonPlaces: number[] = [];
  #jsonCount = 0;
  #jsonNext = 0;

  constructor(columns: Columns) {
    this.#encode = compileLineEncoder(columns, {
      vector: (vector) => {
        this.#vectors[this.#vectorCount++] = vector;
        return String(vector.length);
      },
      json: (value) => {
        const line = this.#line;
        const index = this.#jsonCount++;
        this.#jsonValues[index] = value;
        this.#jsonPlaces[index * 2] = line.end;
        writeJsonTo(value, line);
        this.#jsonPlaces[index * 2 + 1] = line.end;
      },
    });
  }

  /**
   * @returns The bytes of its canonical form.
   * @throws {FieldError} For a row that does not fit; nothing of it is hashed.
   */
  add(row: Row): number {
    this.#vectorCount = 0;
    this.#jsonCount = 0;
    this.#jsonNext = 0;
    this.#line.begin();
    this.#encode(row, this.#line);
    this.#line.ascii("\n");
    const line = this.#line.bytes();
    this.#addBytes(line);
    let byteLength = line.length;
    for (let index = 0; index < this.#vectorCount; index++) {
      const { buffer, byteOffset, byteLength: bytes } = this.#vectors[index]!;
      this.#addBytes(new Uint8Array(buffer, byteOffset, bytes));
      byteLength += bytes;
    }
    return byteLength;
  }

  /**
   * What `writeJson` makes of a value of the row that was added last, taken out of its line. Looks first for the one behind that which was
   * asked for before: who asks in order finds each at once.
   */
  jsonText(value: unknown): string {
    for (let left = this.#jsonCount; left > 0; left--) {
      const index = this.#jsonNext;
      this.#jsonNext = index + 1 < this.#jsonCount ? index + 1 : 0;
      if (Object.is(this.#jsonValues[index], value))
        return this.#line.text(this.#jsonPlaces[index * 2]!, this.#jsonPlaces[index * 2 + 1]!);
    }
    // A getter gave another one.
    return writeJson(value);
  }

  digest(): string {
    this.#flush();
    return `sha256:${this.#hash.digest("hex")}`;
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
