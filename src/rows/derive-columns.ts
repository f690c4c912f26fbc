import type { Column, Columns, ColumnValue } from "./column.js";
import { withArticle } from "./field-error.js";
import type { StandardSchema } from "./standard-schema.js";

/** The part of JSON Schema (draft 2020-12) that says what a column is. */
interface JsonSchema {
  type?: string | string[];
  format?: string;
  minimum?: number;
  maximum?: number;
  items?: JsonSchema;
  prefixItems?: unknown;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
  required?: string[];
  anyOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  $ref?: string;
  [OF]?: string;
}

/** Left in the JSON Schema by our override, for types that JSON Schema does not have. */
const OF = "x-kura-type";

/** https://standardschema.dev/json-schema */
interface WithJsonSchema {
  readonly jsonSchema?: { readonly [side in "input" | "output"]: (options: object) => JsonSchema };
}

/** What zod hands to an override; see its `toJSONSchema`. */
interface Overridden {
  readonly zodSchema: { readonly _zod: { readonly def: { readonly type: string } } };
  readonly jsonSchema: Record<string, unknown>;
}

/** How schemas of a library come to tell their fields, by its name in Standard Schema. */
const INSTEAD: Readonly<Record<string, string>> = {
  zod: ", or use zod 4.2 or newer",
  valibot: ", or toStandardJsonSchema(schema) of @valibot/to-json-schema",
};

const INT32_MAX = 2 ** 31 - 1;
const FLOAT32_MAX = 3.4028234663852886e38;

/**
 * The columns of a schema's fields, in its order, through the JSON Schema that its library gives.
 *
 * @param overrides By field: what a schema cannot say.
 * @throws {TypeError} If the library gives none, the schema is not an object's, or a field cannot be a column.
 */
export function deriveColumns(
  name: string,
  schema: StandardSchema,
  overrides: Readonly<Record<string, ColumnValue>>,
): Columns {
  const root = jsonSchemaOf(name, schema);
  if (root.type !== "object" || !root.properties) {
    throw new TypeError(
      `Cannot make row type "${name}": its schema is not one of an object with known fields; what is none, such as a union of objects, can be a field of one`,
    );
  }
  for (const [field, column] of Object.entries(overrides)) {
    if (!Object.hasOwn(root.properties, field))
      throw new TypeError(`Cannot make row type "${name}": its schema has no field "${field}"`);
    const [made, held] = [madeBy(root.properties[field]!), heldBy(column)];
    if (made !== undefined && held !== undefined && made !== held)
      throw new TypeError(
        `Cannot make row type "${name}": its schema makes of field "${field}" ${withArticle(made)}, and a column of type ${column.type} holds ${withArticle(held)}${column.type === "vector" ? " (in zod, z.instanceof(Float32Array))" : ""}`,
      );
  }
  return fieldsOf(name, root, overrides);
}

function jsonSchemaOf(name: string, schema: StandardSchema): JsonSchema {
  const told = toldSchema(schema, "output");
  if (told) return told;
  const { vendor } = schema["~standard"];
  throw new TypeError(
    `Cannot make row type "${name}": "${vendor}" schemas do not tell their fields (Standard JSON Schema); give columns as an array${INSTEAD[vendor] ?? ""}`,
  );
}

/** What a schema says of what it takes, or gives; undefined where its library says nothing. */
export function toldSchema(schema: StandardSchema, side: "input" | "output"): JsonSchema | undefined {
  const { jsonSchema } = schema["~standard"] as StandardSchema["~standard"] & WithJsonSchema;
  return jsonSchema?.[side]({
    target: "draft-2020-12",
    libraryOptions: {
      unrepresentable: "any",
      override: ({ zodSchema, jsonSchema }: Overridden) => {
        const { type } = zodSchema._zod.def;
        if (["bigint", "date", "map", "set", "symbol", "undefined", "void", "nan", "function"].includes(type))
          jsonSchema[OF] = type;
      },
    },
  });
}

/** What values of a schema are in JavaScript; undefined where it does not tell, or they are of several kinds. */
function madeBy(schema: JsonSchema): string | undefined {
  if (schema[OF] !== undefined) return schema[OF];
  if (schema.anyOf) {
    const [only, another] = schema.anyOf.filter((inner) => inner.type !== "null");
    return only && !another ? madeBy(only) : undefined;
  }
  const [type, another] = [schema.type ?? []].flat().filter((type) => type !== "null");
  return another ? undefined : type === "integer" ? "number" : type;
}

/** The same of what a column holds. */
function heldBy(column: ColumnValue): string | undefined {
  switch (column.type) {
    case "text":
    case "timestamp":
      return "string";
    case "bool":
      return "boolean";
    case "int64":
      return column.bigint ? "bigint" : "number";
    case "int32":
    case "float32":
    case "float64":
      return "number";
    case "list":
      return "array";
    case "vector":
      return "Float32Array";
    case "struct":
    case "map":
      return "object";
    case "json":
      return undefined;
  }
}

function fieldsOf(name: string, schema: JsonSchema, overrides: Readonly<Record<string, ColumnValue>>): Column[] {
  return Object.entries(schema.properties ?? {}).map(([field, inner]) => {
    const value = overrides[field] ?? columnFor(`${name}.${field}`, inner);
    const optional = !schema.required?.includes(field);
    return { ...value, name: field, ...((optional || value.nullable) && { nullable: true as const }) };
  });
}

function columnFor(path: string, schema: JsonSchema): ColumnValue {
  const alternatives = schema.anyOf?.filter((inner) => inner.type !== "null");
  if (schema.anyOf && alternatives) {
    const nullable = alternatives.length < schema.anyOf.length;
    const [only, another] = alternatives;
    const value: ColumnValue = only && !another ? columnFor(path, only) : unionOf(alternatives);
    return nullable ? { ...value, nullable: true } : value;
  }
  if (Array.isArray(schema.type)) return columnFor(path, { anyOf: schema.type.map((type) => ({ ...schema, type })) });
  return typeOf(path, schema);
}

/** A union of literals of one kind is that kind; any other may hold anything. */
function unionOf(alternatives: readonly JsonSchema[]): ColumnValue {
  return alternatives.every((inner) => inner.type === "string" && inner.format === undefined)
    ? { type: "text" }
    : { type: "json" };
}

function typeOf(path: string, schema: JsonSchema): ColumnValue {
  const unrepresentable = schema[OF];
  if (unrepresentable === "bigint") return { type: "int64", bigint: true };
  if (unrepresentable !== undefined) {
    const instead =
      unrepresentable === "date"
        ? "; use a timestamp text, such as z.iso.datetime()"
        : "; give the column by hand, or use another type";
    throw new TypeError(
      `Cannot make a column of "${path}": rows hold plain data, and ${withArticle(unrepresentable)} is none${instead}`,
    );
  }
  switch (schema.type) {
    case "string":
      return { type: schema.format === "date-time" ? "timestamp" : "text" };
    case "integer":
      return { type: within(schema, INT32_MAX + 1) ? "int32" : "int64" };
    case "number":
      return { type: schema.minimum === -FLOAT32_MAX && schema.maximum === FLOAT32_MAX ? "float32" : "float64" };
    case "boolean":
      return { type: "bool" };
    case "array":
      return schema.items && !schema.prefixItems
        ? { type: "list", items: columnFor(`${path}[]`, schema.items) }
        : { type: "json" };
    case "object":
      return objectOf(path, schema);
    default:
      return areTexts(schema.enum ?? [schema.const]) ? { type: "text" } : { type: "json" };
  }
}

/** Some libraries give no type of literals. */
function areTexts(values: readonly unknown[]): boolean {
  return values.length > 0 && values.every((value) => typeof value === "string");
}

function objectOf(path: string, schema: JsonSchema): ColumnValue {
  const { properties = {}, additionalProperties: others } = schema;
  if (Object.keys(properties).length > 0) {
    // Where other members are allowed, a struct would lose them.
    const isClosed = others === undefined || others === false;
    return isClosed ? { type: "struct", fields: fieldsOf(path, schema, {}) } : { type: "json" };
  }
  const isRecord = typeof others === "object" && Object.keys(others).length > 0;
  const values: ColumnValue = isRecord ? columnFor(`${path}{}`, others) : { type: "json" };
  return values.type === "json" ? { type: "json" } : { type: "map", values };
}

function within(
  { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY }: JsonSchema,
  bound: number,
): boolean {
  return minimum >= -bound && maximum < bound;
}
