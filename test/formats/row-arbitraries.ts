import fc from "fast-check";
import type { Column, Columns, ColumnType, ColumnValue, Row } from "../../src/rows/column.js";
import { type RowType, rowType } from "../../src/rows/row-type.js";

/* Row types and rows that fit them, whatever they are: every type, nested, nullable, with the values that formats get wrong. */

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("", "null", "a\u0000b", "\u2028", "🦆".repeat(20), "x".repeat(300), "\ufffd", "\uffff", "1.0"),
);
const name = fc.oneof(
  fc.constantFrom("id", "text", "a.b", "constructor", "toString", "list", "element", "with space", "ü", "key_value"),
  fc.string({ minLength: 1, maxLength: 6 }),
);
/** JavaScript would move the first kind, and lose the second. */
const isName = (name: string) => !/^\d+$/.test(name) && name !== "__proto__" && name.isWellFormed();

const float64 = fc.double({ noNaN: true, noDefaultInfinity: true });
const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });
const bigint = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const unsafe = bigint.filter((value) => value > 2n ** 53n || value < -(2n ** 53n));

const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(null, true, false, -0, 1e300, 2 ** 60, "", [], {}),
    fc.integer(),
    float64,
    unsafe,
    text,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom("10", "2")), tie("value"), { maxKeys: 3 }),
  ),
})).value;

const two = (value: number, width = 2) => String(value).padStart(width, "0");
const timestamp = fc
  .record({
    date: fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
    separator: fc.constantFrom("T", " "),
    fraction: fc.constantFrom("", ".1", ".123456", ".000000", ".123456789"),
    offset: fc.constantFrom("", "Z", "+00:00", "-05:30", "+0200"),
  })
  .map(({ date, separator, fraction, offset }) => {
    const day = `${two(date.getUTCFullYear(), 4)}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
    const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
    return `${day}${separator}${time}${fraction}${offset}`;
  });

const SIMPLE: readonly ColumnType[] = [
  { type: "text" },
  { type: "bool" },
  { type: "int32" },
  { type: "int64" },
  { type: "int64", bigint: true },
  { type: "float32" },
  { type: "float64" },
  { type: "json" },
  { type: "timestamp" },
  { type: "vector" },
  { type: "vector", length: 3 },
];

function columnValue(depth: number): fc.Arbitrary<ColumnValue> {
  const nested = (): fc.Arbitrary<ColumnType>[] => [
    columnValue(depth - 1).map((items) => ({ type: "list", items })),
    columnValue(depth - 1).map((values) => ({ type: "map", values })),
    columns(depth - 1, 3).map((fields) => ({ type: "struct", fields })),
  ];
  const type = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...SIMPLE) }, ...(depth > 0 ? nested() : []));
  return fc.tuple(type, fc.boolean()).map(([type, nullable]) => (nullable ? { ...type, nullable } : type));
}

function columns(depth: number, most: number): fc.Arbitrary<Columns> {
  return fc
    .uniqueArray(fc.tuple(name.filter(isName), columnValue(depth)), {
      selector: ([name]) => name,
      minLength: 1,
      maxLength: most,
    })
    .map((pairs) => pairs.map(([name, value]): Column => ({ ...value, name })));
}

function anyValueOf(column: ColumnValue): fc.Arbitrary<unknown> {
  const value = presentValueOf(column);
  return column.nullable ? fc.option(value, { nil: null, freq: 3 }) : value;
}

function presentValueOf(column: ColumnValue): fc.Arbitrary<unknown> {
  switch (column.type) {
    case "text":
      return text.filter((value) => value.isWellFormed());
    case "bool":
      return fc.boolean();
    case "int32":
      return fc.oneof(fc.integer(), fc.integer({ min: 1, max: 5 }));
    case "int64":
      return column.bigint ? bigint : fc.maxSafeInteger();
    case "float32":
      return float32;
    case "float64":
      return float64;
    case "json":
      return json;
    case "timestamp":
      return timestamp;
    case "vector": {
      const length =
        column.length === undefined ? { maxLength: 6 } : { minLength: column.length, maxLength: column.length };
      return fc.array(float32, length).map((values) => new Float32Array(values));
    }
    case "list":
      return fc.array(anyValueOf(column.items), { maxLength: 4 });
    case "map":
      return fc.dictionary(
        text.filter((key) => key.isWellFormed()),
        anyValueOf(column.values),
        { maxKeys: 3 },
      );
    case "struct":
      return rowOf(column.fields);
  }
}

function rowOf(columns: Columns): fc.Arbitrary<Row> {
  return fc.record(Object.fromEntries(columns.map((column) => [column.name, anyValueOf(column)])), {
    noNullPrototype: true,
  });
}

/** A row type and rows of it. */
export function table(rows: { minLength: number; maxLength: number }): fc.Arbitrary<{ type: RowType; rows: Row[] }> {
  return columns(2, 6).chain((columns) => {
    const key = columns.find(({ type, nullable }) => ["text", "int32", "int64"].includes(type) && !nullable)?.name;
    const type = rowType({ name: "generated", columns, ...(key !== undefined && { key }) }) as RowType;
    return fc.record({ type: fc.constant(type), rows: fc.array(rowOf(columns), { ...rows, size: "max" }) });
  });
}
