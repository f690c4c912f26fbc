import type { Row } from "../rows/column.js";
import { digest, KeyTable } from "../rows/key-table.js";

const MOST_EXAMPLES = 3;

/** Watches rows go by for keys that come twice. Without a key there is nothing to see. Memory: about 36 bytes a row. */
export class DuplicateKeys {
  readonly key: string | undefined;
  /** Rows whose key a row before them has. */
  count = 0;
  /** The first keys of these. */
  readonly some: unknown[] = [];
  readonly #seen = new KeyTable();

  constructor(key: string | undefined) {
    this.key = key;
  }

  async *watch(batches: AsyncIterable<Row[]>): AsyncGenerator<Row[]> {
    for await (const batch of batches) {
      if (this.key !== undefined) for (const row of batch) this.#look(row[this.key]);
      yield batch;
    }
  }

  #look(value: unknown): void {
    if (this.#seen.set(digest(String(value)), 0n) === undefined) return;
    this.count += 1;
    if (this.some.length < MOST_EXAMPLES && !this.some.includes(value)) this.some.push(value);
  }
}
