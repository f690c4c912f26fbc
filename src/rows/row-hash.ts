import { createHash } from "node:crypto";
import type { Columns, Row } from "./column.js";
import { compileEncoder } from "./encode.js";

/** Lines are hashed together up to so many UTF-16 units: a call of the hash for each row costs more than its bytes. */
const BLOCK_UNITS = 1 << 16;

/**
 * The `rowHash` of rows: SHA-256 over their canonical form, which is their JSON Lines, whatever the format they are stored in.
 * Checks each row on its way: what has a hash fits its columns.
 */
export class RowHash {
  readonly #encode: (row: Row) => string;
  readonly #hash = createHash("sha256");
  #lines = "";

  constructor(columns: Columns) {
    this.#encode = compileEncoder(columns);
  }

  /** @throws {FieldError} For a row that does not fit; nothing of it is hashed. */
  add(row: Row): void {
    this.#lines += `${this.#encode(row)}\n`;
    if (this.#lines.length >= BLOCK_UNITS) this.#flush();
  }

  digest(): string {
    this.#flush();
    return `sha256:${this.#hash.digest("hex")}`;
  }

  #flush(): void {
    this.#hash.update(this.#lines, "utf8");
    this.#lines = "";
  }
}
