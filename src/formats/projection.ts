import { sketch } from "../rows/field-error.js";

/**
 * The wanted columns by name, in the order of the file's.
 *
 * @throws {RangeError} For one that is not there.
 * @throws {TypeError} For what is no array.
 */
export function projectedNames(columns: readonly { readonly name: string }[], wanted: readonly string[]): string[] {
  if (!Array.isArray(wanted))
    throw new TypeError(`Cannot read columns: an array of their names is needed, it is ${sketch(wanted)}`);
  const names = columns.map((column) => column.name);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new RangeError(`Cannot read column "${unknown}": there is none; there are ${names.join(", ")}`);
  return names.filter((name) => wanted.includes(name));
}

/** @throws {RangeError} For what is no range of rows. */
export function assertRowRange(rowStart: number, rowEnd: number): void {
  const isIndex = (value: number) => Number.isInteger(value) && value >= 0;
  if (isIndex(rowStart) && (isIndex(rowEnd) || rowEnd === Number.POSITIVE_INFINITY)) return;
  throw new RangeError(`Cannot read rows ${rowStart} to ${rowEnd}: both are integers >= 0`);
}
