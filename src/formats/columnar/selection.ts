import type { Columns, Row } from "../../rows/column.js";
import { compileCondition } from "../../rows/condition.js";
import { validateRow } from "../../rows/standard-schema.js";
import type { BatchOptions, ReadOptions } from "../format.js";
import { projectedNames } from "../projection.js";
import { corrupt } from "./corrupt.js";
import { setMember } from "./set-member.js";

/** How rows of a batch are chosen: which columns are read of all rows, what decides, and which are read of those that are left. */
export interface Selection {
  readonly first: readonly string[];
  readonly rest: readonly string[];
  /** The fields of the row, in order. */
  readonly names: readonly string[];
  /** Rows are not what is stored until a schema has had them: what is stored rules nothing out. */
  readonly isWhole: boolean;
  decide(rows: Row[], firstRow: number): Promise<Row[]> | undefined;
  readonly test: ((row: Row) => boolean) | undefined;
}

/**
 * @throws {RangeError} For a column, or a field of the condition, that is not there.
 */
export function selection(
  columns: Columns,
  { type, trusted, path }: ReadOptions,
  { columns: wanted, where }: BatchOptions,
): Selection {
  const names = wanted ? projectedNames(columns, wanted) : columns.map(({ name }) => name);
  const condition = where && compileCondition(where, columns);
  const schema = trusted ? undefined : type?.schema;
  if (!schema) {
    const first = condition ? condition.fields : names;
    return {
      first,
      rest: condition ? names.filter((name) => !first.includes(name)) : [],
      names,
      isWhole: false,
      test: condition?.test,
      decide: () => undefined,
    };
  }
  // A schema may look at any field and change any: rows are made whole before anything is decided.
  const all = columns.map(({ name }) => name);
  return {
    first: all,
    rest: [],
    names,
    isWhole: true,
    test: condition?.test,
    decide: async (rows, firstRow) => {
      const valid: Row[] = [];
      for (const row of rows) {
        try {
          valid.push(await validateRow(schema, row));
        } catch (error) {
          throw corrupt(path, error, firstRow + valid.length);
        }
      }
      return valid;
    },
  };
}

/** @param memory Rows that may be written over: taken, and left, there. */
export function emptyRows(count: number, memory: Row[] = []): Row[] {
  while (memory.length < count) memory.push({});
  return memory.length === count ? memory : memory.slice(0, count);
}

export function chosen(rows: readonly Row[], test: (row: Row) => boolean): number[] {
  const offsets: number[] = [];
  for (let offset = 0; offset < rows.length; offset++) if (test(rows[offset]!)) offsets.push(offset);
  return offsets;
}

export function isInOrder(first: readonly string[], names: readonly string[]): boolean {
  return first.length === names.length && first.every((name, index) => name === names[index]);
}

export function pick(row: Row, names: readonly string[]): Row {
  const picked: Row = {};
  for (const name of names) setMember(picked, name, row[name]);
  return picked;
}
