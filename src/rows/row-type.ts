import { BUILTIN_ROW_TYPES, type BuiltinName, type BuiltinRow } from "./builtin.js";
import { COLUMN_TYPES, type Column, type Columns, type ColumnType, type ColumnValue, type Row } from "./column.js";
import { deriveColumns } from "./derive-columns.js";
import { sketch } from "./field-error.js";
import type { Given, GivenOfSchema, RowOfSchema } from "./given-row.js";
import type { RowType } from "./row-type-shape.js";
import { schemaHashOf } from "./schema-hash.js";
import { isStandardSchema, type StandardSchema } from "./standard-schema.js";

export type { RowType } from "./row-type-shape.js";
export type { StandardSchema } from "./standard-schema.js";

/** What can be given where a row type is wanted. A plain string that is no built-in name is refused. */
export type RowTypeInput = RowType<unknown> | StandardSchema<unknown> | BuiltinName | undefined;

/** The rows that a row type input stands for, as they are read. */
export type RowOf<T> =
  T extends RowType<infer R>
    ? unknown extends R
      ? Row
      : R
    : T extends StandardSchema<infer R>
      ? RowOfSchema<R>
      : T extends BuiltinName
        ? BuiltinRow<T>
        : Row;

/** The same as they may be given to be saved: what a schema takes, else what is read, where a field that may be null may also be absent. */
export type GivenRowOf<T> =
  T extends RowType<infer R, infer G>
    ? unknown extends G
      ? Given<unknown extends R ? Row : R>
      : G
    : T extends StandardSchema<unknown, infer I>
      ? GivenOfSchema<I>
      : Given<RowOf<T>>;

/** The value of a column in memory. */
export type ValueOf<C> = C extends { nullable: true } ? BareValueOf<C> | null : BareValueOf<C>;
type BareValueOf<C> = C extends { type: "text" | "timestamp" }
  ? string
  : C extends { type: "bool" }
    ? boolean
    : C extends { type: "int64"; bigint: true }
      ? bigint
      : C extends { type: "int32" | "int64" | "float32" | "float64" }
        ? number
        : C extends { type: "vector" }
          ? Float32Array
          : C extends { type: "list"; items: infer I }
            ? ValueOf<I>[]
            : C extends { type: "map"; values: infer V }
              ? Record<string, ValueOf<V>>
              : C extends { type: "struct"; fields: infer F extends Columns }
                ? RowOfColumns<F>
                : unknown;
/** Columns that are only known to be columns, all or some, say nothing of the row. */
export type RowOfColumns<Cs extends Columns> = string extends Cs[number]["name"]
  ? Row
  : { -readonly [C in Cs[number] as C["name"]]: ValueOf<C> };

export interface RowTypeOptions<
  S extends StandardSchema<unknown> | undefined,
  Cs extends Columns | Readonly<Record<string, ColumnValue>>,
> {
  name: string;
  /** Of zod 4.2 or any library with Standard Schema; its refinements and transforms run at save, and on load of unverified bytes; see docs/row-types.md. */
  schema?: S;
  /** The field that tells rows apart. */
  key?: string;
  /**
   * All columns in order; or, beside a schema, those of its fields that say more than the schema can: int64 with bigint, float32,
   * vector, timestamp.
   */
  columns?: Cs;
}

type RowTypeMade<S, Cs> =
  S extends StandardSchema<infer R, infer I>
    ? RowType<RowOfSchema<R>, GivenOfSchema<I>>
    : RowType<Cs extends Columns ? RowOfColumns<Cs> : Row>;

/**
 * Describe rows of one kind. Columns come from the schema, or are given, or both.
 *
 * @throws {TypeError} If a field cannot be a column, or its name would not keep its place in a JavaScript object.
 */
export function rowType<
  const S extends StandardSchema<unknown> | undefined = undefined,
  const Cs extends Columns | Readonly<Record<string, ColumnValue>> = Columns,
>(options: RowTypeOptions<S, Cs>): RowTypeMade<S, Cs> {
  const { name, schema, key, columns } = options;
  for (const option of Object.keys(options)) {
    if (!["name", "schema", "key", "columns"].includes(option)) {
      throw new TypeError(`Cannot make a row type: unknown option "${option}"; options are name, schema, key, columns`);
    }
  }
  if (typeof name !== "string" || name === "") throw new TypeError("Cannot make a row type without a name");
  const all = columnsOf(name, schema, columns);
  assertColumns(`row type "${name}"`, all);
  if (key !== undefined && !all.some((column) => column.name === key)) {
    throw new TypeError(
      `Cannot make row type "${name}": its key "${key}" is none of its columns ${all.map((column) => column.name).join(", ")}`,
    );
  }
  const schemaHash = schema && schemaHashOf(schema);
  return {
    name,
    columns: all,
    ...(key !== undefined && { key }),
    ...(schema && { schema }),
    ...(schemaHash !== undefined && { schemaHash }),
  } as never;
}

/** Of rows that have gone through its schema: a transform does not apply twice. */
export function withoutSchema<R>({ schema: _, ...type }: RowType<R>): RowType<R> {
  return type;
}

/**
 * The row type meant by what a caller gave, or undefined if he gave none.
 *
 * @throws {TypeError} For anything else.
 */
export function resolveRowType(given: unknown, checkpoint: string): RowType | undefined {
  if (given === undefined) return undefined;
  if (typeof given === "string") {
    if (Object.hasOwn(BUILTIN_ROW_TYPES, given))
      return BUILTIN_ROW_TYPES[given as BuiltinName] as RowType<unknown> as RowType;
    throw new TypeError(
      `Cannot use "${given}" as a row type: the built-in ones are ${Object.keys(BUILTIN_ROW_TYPES).join(", ")}`,
    );
  }
  if (isRowType(given)) return given;
  if (isStandardSchema(given)) return rowType({ name: checkpoint, schema: given }) as RowType;
  throw new TypeError(
    `Cannot use ${sketch(given)} as the row type of checkpoint "${checkpoint}": give a schema, a rowType(…), or the name of a built-in one`,
  );
}

function isRowType(value: unknown): value is RowType {
  return (
    typeof value === "object" &&
    value !== null &&
    Array.isArray((value as RowType).columns) &&
    typeof (value as RowType).name === "string"
  );
}

function columnsOf(
  name: string,
  schema: unknown,
  given: Columns | Readonly<Record<string, ColumnValue>> | undefined,
): Columns {
  if (isColumnArray(given)) return given;
  if (schema === undefined)
    throw new TypeError(`Cannot make row type "${name}": it needs a schema, or columns as an array`);
  if (!isStandardSchema(schema))
    throw new TypeError(`Cannot make row type "${name}": its schema does not implement Standard Schema`);
  return deriveColumns(name, schema, given ?? {});
}

function isColumnArray(columns: unknown): columns is Columns {
  return Array.isArray(columns);
}

function assertColumns(subject: string, columns: Columns): void {
  const seen = new Set<string>();
  for (const column of columns) {
    const { name } = column;
    const refuse = (reason: string) => {
      throw new TypeError(`Cannot make ${subject}: column ${JSON.stringify(name)} ${reason}`);
    };
    if (typeof name !== "string" || name === "") refuse("has no name");
    if (seen.has(name)) refuse("is there twice");
    if (/^(0|[1-9]\d*)$/.test(name)) refuse("is an integer: JavaScript would move it to the front of every row");
    if (name === "__proto__") refuse("cannot be a field of a JavaScript object");
    seen.add(name);
    assertType(`${subject}, column "${name}"`, column);
  }
}

function assertType(subject: string, column: Column | ColumnValue | ColumnType): void {
  if (!COLUMN_TYPES.includes(column.type)) {
    throw new TypeError(
      `Cannot make ${subject}: type ${JSON.stringify(column.type)} is none of ${COLUMN_TYPES.join(", ")}`,
    );
  }
  if (column.type === "list") assertType(subject, column.items);
  if (column.type === "map") assertType(subject, column.values);
  if (column.type === "struct") assertColumns(subject, column.fields);
  if (
    column.type === "vector" &&
    column.length !== undefined &&
    !(Number.isInteger(column.length) && column.length >= 0)
  ) {
    throw new TypeError(`Cannot make ${subject}: a vector's length is an integer >= 0, it is ${column.length}`);
  }
}
