import type { Row } from "./column.js";

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
 * Which rows: fields by name (dots lead into structs and JSON: `metadata.intent`), all of which must hold, and the three
 * combinators. A plain value means equality, `null` means is null. Values of different types are never equal and never ordered,
 * but numbers and bigints compare as numbers.
 */
export interface Condition {
  readonly [field: string]: FieldTest | Scalar | null | undefined | Condition | readonly Condition[];
  readonly and?: readonly Condition[];
  readonly or?: readonly Condition[];
  readonly not?: Condition;
}

type Test = (row: Row) => boolean;
type ValueTest = (value: unknown) => boolean;

/** Each makes, of what a condition asks for, a test of a value that is not null. */
const TESTS: { readonly [T in keyof Required<Omit<FieldTest, "isNull">>]: (wanted: never) => ValueTest } = {
  eq: (wanted: Scalar) => (value) => compare(value, wanted) === 0,
  ne: (wanted: Scalar) => (value) => compare(value, wanted) !== 0,
  in: (wanted: readonly Scalar[]) => (value) => wanted.some((one) => compare(value, one) === 0),
  gt: (wanted: Scalar) => (value) => (compare(value, wanted) ?? 0) > 0,
  gte: (wanted: Scalar) => (value) => (compare(value, wanted) ?? -1) >= 0,
  lt: (wanted: Scalar) => (value) => (compare(value, wanted) ?? 0) < 0,
  lte: (wanted: Scalar) => (value) => (compare(value, wanted) ?? 1) <= 0,
  contains: (wanted: Scalar) => (value) =>
    typeof value === "string"
      ? typeof wanted === "string" && value.includes(wanted)
      : (Array.isArray(value) || value instanceof Float32Array) &&
        value.some((item: unknown) => compare(item, wanted) === 0),
};

export const FIELD_TESTS = [...Object.keys(TESTS), "isNull"] as readonly string[];

/**
 * A condition as a function, and the top-level fields it looks at.
 *
 * @param known The fields there are; any other is refused. Without it none is.
 * @throws {TypeError} If a test is none of the known ones, or its value is no scalar.
 */
export function compileCondition(
  condition: Condition,
  known?: readonly string[],
): { fields: readonly string[]; test: Test } {
  const fields = new Set<string>();
  const test = compile(condition, fields);
  const unknown = known && [...fields].find((field) => !known.includes(field));
  if (unknown !== undefined)
    throw new RangeError(`Cannot filter by "${unknown}": there is no such column; there are ${known!.join(", ")}`);
  return { fields: [...fields], test };
}

function compile(condition: Condition, fields: Set<string>): Test {
  if (typeof condition !== "object" || condition === null || Array.isArray(condition)) {
    throw new TypeError(
      `Cannot filter by ${JSON.stringify(condition) ?? typeof condition}: a condition is an object of fields`,
    );
  }
  const tests = Object.entries(condition)
    .filter(([, wanted]) => wanted !== undefined)
    .map(([name, wanted]): Test => {
      if (name === "and") return all(parts(name, wanted).map((part) => compile(part, fields)));
      if (name === "or") return any(parts(name, wanted).map((part) => compile(part, fields)));
      if (name === "not") {
        const inner = compile(wanted as Condition, fields);
        return (row) => !inner(row);
      }
      return fieldTest(name, wanted, fields);
    });
  return all(tests);
}

function parts(name: string, value: unknown): readonly Condition[] {
  if (!Array.isArray(value)) throw new TypeError(`Cannot filter by "${name}": it needs an array of conditions`);
  return value as readonly Condition[];
}

function fieldTest(path: string, wanted: unknown, fields: Set<string>): Test {
  const [first, ...rest] = path.split(".") as [string, ...string[]];
  fields.add(first);
  const test = valueTest(path, wanted);
  if (rest.length === 0) return (row) => test(row[first]);
  return (row) => {
    let value = row[first];
    for (const step of rest) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return test(null);
      value = (value as Record<string, unknown>)[step];
    }
    return test(value);
  };
}

function valueTest(path: string, wanted: unknown): ValueTest {
  if (wanted === null) return isNull;
  if (isScalar(wanted)) return notNull(TESTS.eq(wanted as never));
  if (typeof wanted !== "object" || Array.isArray(wanted)) {
    throw new TypeError(
      `Cannot filter by "${path}": ${JSON.stringify(wanted) ?? typeof wanted} is neither a value nor an object of tests`,
    );
  }
  const tests = Object.entries(wanted as FieldTest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): ValueTest => {
      if (name === "isNull" && typeof value === "boolean") return value ? isNull : (one) => !isNull(one);
      if (!Object.hasOwn(TESTS, name))
        throw new TypeError(`Cannot filter by "${path}": unknown test "${name}"; tests are ${FIELD_TESTS.join(", ")}`);
      const scalars = name === "in" ? value : [value];
      if (!Array.isArray(scalars) || !scalars.every(isScalar)) {
        throw new TypeError(
          `Cannot filter by "${path}": test "${name}" needs ${name === "in" ? "an array of values" : "a value"} (text, number, bigint, boolean)`,
        );
      }
      return notNull(TESTS[name as keyof typeof TESTS](value as never));
    });
  return (value) => tests.every((test) => test(value));
}

const isNull: ValueTest = (value) => value === null || value === undefined;
const notNull =
  (test: ValueTest): ValueTest =>
  (value) =>
    value !== null && value !== undefined && test(value);
const all =
  (tests: readonly Test[]): Test =>
  (row) =>
    tests.every((test) => test(row));
const any =
  (tests: readonly Test[]): Test =>
  (row) =>
    tests.some((test) => test(row));

function isScalar(value: unknown): value is Scalar {
  return ["string", "number", "bigint", "boolean"].includes(typeof value);
}

/** Below, equal or above zero; undefined where the two have no order. Texts compare by code unit. */
function compare(a: unknown, b: Scalar): number | undefined {
  const numeric = (typeof a === "number" || typeof a === "bigint") && (typeof b === "number" || typeof b === "bigint");
  if (!numeric && typeof a !== typeof b) return undefined;
  if (typeof a === "object") return undefined;
  if ((a as Scalar) < b) return -1;
  if ((a as Scalar) > b) return 1;
  return Number.isNaN(a) || Number.isNaN(b) ? undefined : 0;
}
