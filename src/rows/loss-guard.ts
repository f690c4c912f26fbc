import type { Columns, ColumnValue, Row } from "./column.js";
import { RISKY_JSON, restoreMembers } from "./lossless-json.js";

/**
 * Makes, of a row that JSON.parse read, the row that is in the text: members where it may have changed something are parsed again
 * without loss. Costs some 5 % of a load, since it looks only at the part of the line where those members are.
 *
 * @param only The fields that are wanted; others need not be right.
 */
export function compileLossGuard(
  columns: Columns,
  only: ReadonlySet<string> | undefined,
): ((row: Row, line: string) => void) | undefined {
  const atRisk = (column: Columns[number]) => mayHoldMore(column) && (only?.has(column.name) ?? true);
  const names = new Set(columns.filter(atRisk).map(({ name }) => name));
  if (names.size === 0) return undefined;
  const mayLose = compileMayLose(columns, columns.findIndex(atRisk), columns.findLastIndex(atRisk));
  return (row, line) => {
    if (mayLose(row, line)) restoreMembers(row, line, names);
  };
}

/** Than JSON.parse makes of it: JSON values and bigints, at any depth. */
function mayHoldMore(column: ColumnValue): boolean {
  switch (column.type) {
    case "json":
      return true;
    case "int64":
      return column.bigint === true;
    case "list":
      return mayHoldMore(column.items);
    case "map":
      return mayHoldMore(column.values);
    case "struct":
      return column.fields.some(mayHoldMore);
    default:
      return false;
  }
}

function compileMayLose(columns: Columns, first: number, last: number): (row: Row, line: string) => boolean {
  const order = columns.map(({ name }) => name);
  const label = (index: number) => JSON.stringify(order[index]);
  const firstLabel = label(first);
  const afterLabel = last + 1 < order.length ? label(last + 1) : undefined;
  const before = columns.slice(0, first);
  // A brace or comma, the label, a colon and at least one character for each.
  const leastBefore = before.reduce((sum, _, index) => sum + label(index).length + 3, 0);
  const textsBefore = before.filter(({ type }) => type === "text").map(({ name }) => name);

  return (row, line) => {
    if (!hasOrder(row, order)) return RISKY_JSON.test(line);
    // In JSON a text is never shorter than in memory: the first member at risk begins after all of them. Most of a line is skipped so.
    let least = leastBefore;
    for (let index = 0; index < textsBefore.length; index++) {
      const text = row[textsBefore[index]!];
      if (typeof text === "string") least += text.length;
    }
    const from = line.indexOf(firstLabel, least);
    if (from < 0) return RISKY_JSON.test(line);
    if (!RISKY_JSON.test(line.slice(from))) return false;
    // Long lists of floats may follow. A member that is there twice counts by its last place, and a name may be spelled with escapes.
    const to = afterLabel === undefined ? -1 : line.lastIndexOf(afterLabel);
    const isBehind = to > from && line.indexOf(firstLabel, to) < 0 && line.indexOf("\\", to) < 0;
    return !isBehind || RISKY_JSON.test(line.slice(from, to));
  };
}

function hasOrder(row: Row, order: readonly string[]): boolean {
  let index = 0;
  for (const name in row) if (name !== order[index++]) return false;
  return index === order.length;
}
