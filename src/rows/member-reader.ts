import type { Row } from "./column.js";

/**
 * How to read a field that may be absent, or undefined where `row[name]` will do: every object answers to "constructor" and
 * "toString", whether they are fields of it or not.
 */
export function memberReader(name: string): ((row: Row) => unknown) | undefined {
  return name in Object.prototype ? (row) => (Object.hasOwn(row, name) ? row[name] : undefined) : undefined;
}

/** Reads the fields of rows that mostly have just these, in this order: by their names one after another takes several times as long. */
export class MemberValues {
  /** Of the row that was read last, in the order of the names. */
  readonly values: unknown[];
  readonly #names: readonly string[];
  readonly #readers: readonly (((row: Row) => unknown) | undefined)[];

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#readers = names.map(memberReader);
    this.values = names.map(() => undefined);
  }

  /** @returns Whether the row has all of these fields in this order, and no other. */
  read(row: Row): boolean {
    const names = this.#names;
    const { values } = this;
    let count = 0;
    for (const name in row) {
      if (name !== names[count]) return this.#readByName(row);
      values[count++] = row[name];
    }
    return count === names.length || this.#readByName(row);
  }

  #readByName(row: Row): false {
    for (const [index, name] of this.#names.entries()) {
      const read = this.#readers[index];
      this.values[index] = read ? read(row) : row[name];
    }
    return false;
  }
}
