import type { Column, Columns, ColumnType, ColumnValue, Row } from "./column.js";
import { isPlainObject } from "./column-rules.js";
import { describeType } from "./describe-column.js";
import { sketch } from "./field-error.js";
import { compareInstants, parseInstant } from "./instant.js";
import { memberAt } from "./member-at.js";
import { memberReader } from "./member-reader.js";

/** One test of one field. All given tests must hold. Null, and an absent field, fails every test but `isNull`. */
export interface FieldTest {
  eq?: Scalar;
  ne?: Scalar;
  in?: readonly Scalar[];
  gt?: Scalar;
  gte?: Scalar;
  lt?: Scalar;
  lte?: Scalar;
  /** A substring of a text, or an element of a list. */
  contains?: Scalar;
  isNull?: boolean;
}

export type Scalar = string | number | bigint | boolean;

/**
 * Which rows: fields by name (dots lead into structs and JSON: `metadata.intent`; of names that hold dots themselves the longest is meant), all of which must hold, and the three
 * combinators. A plain value means equality, `null` means is null. In JSON, values of different types are never equal and never ordered,
 * but numbers and bigints compare as numbers; elsewhere, a value of a type that a column cannot hold is refused. Texts compare by code unit; values of timestamp columns as instants, whatever their
 * offsets (none counts as UTC), also with a date: `{ created_at: { gte: "2025-06-01" } }`. What is undefined tests nothing.
 */
export interface Condition {
  readonly [field: string]: FieldTest | Scalar | null | undefined | Condition | readonly Condition[];
  readonly and?: readonly Condition[];
  readonly or?: readonly Condition[];
  readonly not?: Condition;
}

type Test = (row: Row) => boolean;
type ValueTest = (value: unknown) => boolean;
/** Below, equal or above zero; undefined where the two have no order. */
type Compare = (value: unknown) => number | undefined;

/** Each makes, of comparisons with what a condition asks for, a test of a value that is not null. */
const TESTS = {
  eq:
    ([compare]) =>
    (value) =>
      compare(value) === 0,
  ne:
    ([compare]) =>
    (value) =>
      compare(value) !== 0,
  in: (compares) => (value) => compares.some((compare) => compare(value) === 0),
  gt:
    ([compare]) =>
    (value) =>
      (compare(value) ?? Number.NaN) > 0,
  gte:
    ([compare]) =>
    (value) =>
      (compare(value) ?? Number.NaN) >= 0,
  lt:
    ([compare]) =>
    (value) =>
      (compare(value) ?? Number.NaN) < 0,
  lte:
    ([compare]) =>
    (value) =>
      (compare(value) ?? Number.NaN) <= 0,
} as const satisfies Record<string, (compares: [Compare, ...Compare[]]) => ValueTest>;

export const FIELD_TESTS: readonly string[] = [...Object.keys(TESTS), "contains", "isNull"];

/**
 * A condition as a function, and the top-level fields it looks at.
 *
 * @param columns Says which fields are timestamps; a field that is none of them is refused. Without it none is.
 * @throws {TypeError} If a test is none of the known ones, or its value does not fit.
 * @throws {RangeError} For an unknown field.
 */
export function compileCondition(condition: Condition, columns?: Columns): { fields: readonly string[]; test: Test } {
  const fields = new Set<string>();
  const test = compile(condition, { fields, columns });
  return { fields: [...fields], test };
}

interface Scope {
  readonly fields: Set<string>;
  readonly columns: Columns | undefined;
}

function compile(condition: Condition, scope: Scope): Test {
  if (!isPlainObject(condition)) {
    throw new TypeError(`Cannot filter by ${sketch(condition)}: a condition is an object of fields`);
  }
  const tests = Object.entries(condition)
    .filter(([, wanted]) => wanted !== undefined)
    .map(([name, wanted]): Test => {
      if (name === "and") return all(parts(name, wanted).map((part) => compile(part, scope)));
      if (name === "or") return any(parts(name, wanted).map((part) => compile(part, scope)));
      if (name === "not") {
        const inner = compile(wanted as Condition, scope);
        return (row) => !inner(row);
      }
      return fieldTest(name, wanted, scope);
    });
  return all(tests);
}

function parts(name: string, value: unknown): readonly Condition[] {
  if (!Array.isArray(value)) throw new TypeError(`Cannot filter by "${name}": it needs an array of conditions`);
  return value as readonly Condition[];
}

function fieldTest(path: string, wanted: unknown, { fields, columns }: Scope): Test {
  const steps = path.split(".");
  const named = columns ? longestNamed(columns, steps) : undefined;
  if (columns && !named) {
    throw new RangeError(
      `Cannot filter by "${path}": there is no column "${steps[0]}"; there are ${columns.map(({ name }) => name).join(", ")}`,
    );
  }
  const first = named?.field.name ?? steps[0]!;
  fields.add(first);
  const test = valueTest(path, wanted, named && inside(path, named.field, named.rest));
  if (!named) {
    const read = memberAt(steps);
    return (row) => test(read(row));
  }
  const read = memberReader(first) ?? ((row) => row[first]);
  if (named.rest.length === 0) return (row) => test(read(row));
  const readInside = memberAt(named.rest);
  return (row) => test(readInside(read(row)));
}

/** The field that a path begins with. A name may hold a dot itself: the longest there is. */
function longestNamed(
  fields: Columns,
  steps: readonly string[],
): { field: Column; rest: readonly string[] } | undefined {
  for (let end = steps.length; end > 0; end--) {
    const name = steps.slice(0, end).join(".");
    const field = fields.find((field) => field.name === name);
    if (field) return { field, rest: steps.slice(end) };
  }
  return undefined;
}

/** The type of what a path leads to; undefined inside JSON. */
function inside(path: string, column: ColumnValue, steps: readonly string[]): ColumnValue | undefined {
  const [step] = steps;
  if (step === undefined) return column;
  switch (column.type) {
    case "json":
      return undefined;
    case "map":
      // A key may hold dots: where values hold nothing, it is all the rest.
      return HOLDING.includes(column.values.type) ? inside(path, column.values, steps.slice(1)) : column.values;
    case "struct": {
      const named = longestNamed(column.fields, steps);
      if (named) return inside(path, named.field, named.rest);
      const names = column.fields.map(({ name }) => name).join(", ");
      throw new RangeError(`Cannot filter by "${path}": there is no field "${step}"; there are ${names}`);
    }
    default:
      throw new TypeError(
        `Cannot filter by "${path}": what "${step}" would be a field of has the type ${describeType(column)}`,
      );
  }
}

const HOLDING: readonly ColumnType["type"][] = ["json", "map", "struct"];

function valueTest(path: string, wanted: unknown, type: ColumnValue | undefined): ValueTest {
  if (wanted === null) return isNull;
  if (isScalar(wanted)) return notNull(TESTS.eq([comparison(path, wanted, type)]));
  if (!isPlainObject(wanted)) {
    throw new TypeError(
      `Cannot filter by "${path}": ${sketch(wanted)} is neither a value nor an object of tests${insteadOf(wanted)}`,
    );
  }
  const tests = Object.entries(wanted)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => namedTest(path, name, value, type));
  return all(tests);
}

function namedTest(path: string, name: string, wanted: unknown, type: ColumnValue | undefined): ValueTest {
  if (!FIELD_TESTS.includes(name))
    throw new TypeError(`Cannot filter by "${path}": unknown test "${name}"; tests are ${FIELD_TESTS.join(", ")}`);
  const needs = (what: string) => new TypeError(`Cannot filter by "${path}": test "${name}" needs ${what}`);
  if (name === "isNull") {
    if (typeof wanted !== "boolean") throw needs("true or false");
    return wanted ? isNull : (value) => !isNull(value);
  }
  if (name === "in") {
    if (!Array.isArray(wanted) || !wanted.every(isScalar)) throw needs("an array of texts, numbers or booleans");
    if (wanted.length === 0) return () => false;
    return notNull(TESTS.in(wanted.map((one) => comparison(path, one, type)) as [Compare]));
  }
  if (!isScalar(wanted)) throw needs(`a text, number or boolean; it is ${sketch(wanted)}${insteadOf(wanted)}`);
  if (name === "contains") return notNull(contains(path, wanted, type));
  return notNull(TESTS[name as keyof typeof TESTS]([comparison(path, wanted, type)]));
}

function insteadOf(wanted: unknown): string {
  if (wanted instanceof Date) return "; give its toISOString()";
  return Array.isArray(wanted) ? '; test "in" takes a list' : "";
}

function contains(path: string, wanted: Scalar, type: ColumnValue | undefined): ValueTest {
  const items = itemsOf(path, type);
  const compare = comparison(path, wanted, items);
  return (value) => {
    if (typeof value === "string") return typeof wanted === "string" && value.includes(wanted);
    if (Array.isArray(value)) return value.some((item) => compare(item) === 0);
    return value instanceof Float32Array && value.some((item) => compare(item) === 0);
  };
}

/** What a value is a part of, as `contains` sees it: a text of a text. */
function itemsOf(path: string, type: ColumnValue | undefined): ColumnValue | undefined {
  if (type === undefined || type.type === "json") return undefined;
  switch (type.type) {
    case "list":
      return type.items;
    case "vector":
      return { type: "float32" };
    case "text":
    case "timestamp":
      return { type: "text" };
    default:
      throw new TypeError(
        `Cannot filter by "${path}": its type is ${describeType(type)}, and "contains" is for texts and lists`,
      );
  }
}

/**
 * How a value compares with the wanted one.
 *
 * @throws {TypeError} If no value of the type can.
 */
function comparison(path: string, wanted: Scalar, type: ColumnValue | undefined): Compare {
  if (type) assertComparable(path, wanted, type);
  if (type?.type !== "timestamp") return (value) => compareScalars(value, wanted);
  const instant = parseInstant(String(wanted));
  if (!instant) {
    throw new TypeError(
      `Cannot filter by "${path}": it is a timestamp, and "${wanted}" is neither one nor a date (ISO 8601)`,
    );
  }
  return (value) => {
    const other = typeof value === "string" ? parseInstant(value) : undefined;
    return other && compareInstants(other, instant);
  };
}

/** A condition that no row of any file can meet is a mistake. */
function assertComparable(path: string, wanted: Scalar, type: ColumnValue): void {
  if (type.type === "json") return;
  const { kinds, instead } = COMPARABLE[type.type];
  if (kinds.includes(typeof wanted)) return;
  throw new TypeError(
    `Cannot filter by "${path}": its type is ${describeType(type)}, with which ${sketch(wanted)} does not compare; ${instead}`,
  );
}

const TEXTS = { kinds: ["string"], instead: "give a text" };
const NUMBERS = { kinds: ["number", "bigint"], instead: "give a number" };
const LISTS = { kinds: [], instead: 'use "contains"' };
const OBJECTS = { kinds: [], instead: "name one of its fields" };

/** What values of a type compare with, as `typeof` calls it. */
const COMPARABLE: Record<
  Exclude<ColumnType["type"], "json">,
  { readonly kinds: readonly string[]; readonly instead: string }
> = {
  text: TEXTS,
  timestamp: TEXTS,
  bool: { kinds: ["boolean"], instead: "give true or false" },
  int32: NUMBERS,
  int64: NUMBERS,
  float32: NUMBERS,
  float64: NUMBERS,
  list: LISTS,
  vector: LISTS,
  struct: OBJECTS,
  map: OBJECTS,
};

function compareScalars(a: unknown, b: Scalar): number | undefined {
  const isNumeric =
    (typeof a === "number" || typeof a === "bigint") && (typeof b === "number" || typeof b === "bigint");
  if (!isNumeric && (typeof a !== typeof b || !isScalar(a))) return undefined;
  if ((a as Scalar) < b) return -1;
  if ((a as Scalar) > b) return 1;
  return Number.isNaN(a) || Number.isNaN(b) ? undefined : 0;
}

const isNull: ValueTest = (value) => value === null || value === undefined;
const notNull =
  (test: ValueTest): ValueTest =>
  (value) =>
    value !== null && value !== undefined && test(value);

/* A closure for each row would be most of what filtering allocates: one test is left as it is. */

function all<T>(tests: readonly ((value: T) => boolean)[]): (value: T) => boolean {
  return tests.length === 1 ? tests[0]! : (value) => tests.every((test) => test(value));
}

function any(tests: readonly Test[]): Test {
  return tests.length === 1 ? tests[0]! : (row) => tests.some((test) => test(row));
}

const SCALARS: readonly string[] = ["string", "number", "bigint", "boolean"];

function isScalar(value: unknown): value is Scalar {
  return SCALARS.includes(typeof value);
}
