import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { resumableMap } from "../../src/pipeline/resumable-map.js";
import { ConversationSummary, type Embedding } from "../../src/rows/builtin.js";
import type { Columns, ColumnValue, Row } from "../../src/rows/column.js";
import { type GivenRowOf, type RowOf, type RowType, resolveRowType, rowType } from "../../src/rows/row-type.js";
import { MemoryStorage } from "../../src/storage/memory.js";

const columnsOf = (shape: z.ZodRawShape): Columns => rowType({ name: "t", schema: z.object(shape) }).columns;

describe("rowType() from a zod schema", () => {
  it("derives a column of each kind, in the schema's order", () => {
    const columns = columnsOf({
      text: z.string().min(1),
      uuid: z.uuid(),
      when: z.iso.datetime({ offset: true }),
      day: z.iso.date(),
      score: z.int().min(1).max(5),
      small: z.int32(),
      whole: z.int(),
      big: z.bigint(),
      ratio: z.number(),
      single: z.float32(),
      yes: z.boolean(),
      tags: z.array(z.string()),
      message: z.object({ role: z.enum(["user", "assistant"]), at: z.string().nullable() }),
      counts: z.record(z.string(), z.int32()),
      metadata: z.record(z.string(), z.unknown()),
      open: z.looseObject({ a: z.string() }),
      anything: z.unknown(),
      literal: z.literal("a"),
      either: z.union([z.literal("a"), z.literal("b")]),
      mixed: z.union([z.string(), z.number()]),
      pair: z.tuple([z.string(), z.number()]),
    });
    expect(columns).toEqual([
      { name: "text", type: "text" },
      { name: "uuid", type: "text" },
      { name: "when", type: "timestamp" },
      { name: "day", type: "text" },
      { name: "score", type: "int32" },
      { name: "small", type: "int32" },
      { name: "whole", type: "int64" },
      { name: "big", type: "int64", bigint: true },
      { name: "ratio", type: "float64" },
      { name: "single", type: "float32" },
      { name: "yes", type: "bool" },
      { name: "tags", type: "list", items: { type: "text" } },
      {
        name: "message",
        type: "struct",
        fields: [
          { name: "role", type: "text" },
          { name: "at", type: "text", nullable: true },
        ],
      },
      { name: "counts", type: "map", values: { type: "int32" } },
      { name: "metadata", type: "json" },
      { name: "open", type: "json" },
      { name: "anything", type: "json" },
      { name: "literal", type: "text" },
      { name: "either", type: "text" },
      { name: "mixed", type: "json" },
      { name: "pair", type: "json" },
    ]);
  });

  it("nullable, optional and with a default", () => {
    expect(
      columnsOf({
        a: z.string().nullable(),
        b: z.string().optional(),
        c: z.int32().nullish(),
        d: z.string().default("x"),
        e: z.array(z.number().nullable()),
      }),
    ).toEqual([
      { name: "a", type: "text", nullable: true },
      { name: "b", type: "text", nullable: true },
      { name: "c", type: "int32", nullable: true },
      { name: "d", type: "text" },
      { name: "e", type: "list", items: { type: "float64", nullable: true } },
    ]);
  });

  it("takes single columns from `columns`, which say what a schema cannot", () => {
    const type = rowType({
      name: "vectors",
      schema: z.object({ id: z.bigint(), embedding: z.instanceof(Float32Array), text: z.string() }),
      key: "id",
      columns: { embedding: { type: "vector", length: 3 } },
    });
    expect(type.columns).toEqual([
      { name: "id", type: "int64", bigint: true },
      { name: "embedding", type: "vector", length: 3 },
      { name: "text", type: "text" },
    ]);
    expect(() => rowType({ name: "t", schema: z.object({ a: z.string() }), columns: { b: { type: "text" } } })).toThrow(
      'Cannot make row type "t": its schema has no field "b"',
    );
  });

  it("refuses what is no plain data by its field, with what to use instead", () => {
    expect(() => columnsOf({ at: z.date() })).toThrow(
      'Cannot make a column of "t.at": rows hold plain data, and a date is none; use a timestamp text, such as z.iso.datetime()',
    );
    expect(() => columnsOf({ a: z.object({ b: z.array(z.date()) }) })).toThrow('"t.a.b[]"');
    expect(() => columnsOf({ m: z.map(z.string(), z.string()) })).toThrow(/a map is none/);
    expect(() => columnsOf({ s: z.set(z.string()) })).toThrow(/a set is none/);
    expect(() => rowType({ name: "t", schema: z.string() })).toThrow(/not one of an object/);
  });

  it("refuses names that JavaScript would move, lose or find twice", () => {
    expect(() => columnsOf({ "10": z.string() })).toThrow(/column "10" is an integer: JavaScript would move it/);
    expect(() => columnsOf({ a: z.object({ "0": z.string() }) })).toThrow(/column "0"/);
    expect(() => columnsOf({ ["__proto__"]: z.string() })).toThrow(/__proto__|not one of an object/);
    const twice: Columns = [
      { name: "a", type: "text" },
      { name: "a", type: "bool" },
    ];
    expect(() => rowType({ name: "t", columns: twice })).toThrow('Cannot make row type "t": column "a" is there twice');
    expect(() => rowType({ name: "t", columns: [{ name: "__proto__", type: "text" }] })).toThrow(/__proto__/);
  });
});

describe("rowType() from columns", () => {
  it("a schema library that does not tell its fields needs columns", () => {
    const schema = v.object({ a: v.string() });
    expect(() => rowType({ name: "t", schema })).toThrow(
      'Cannot make row type "t": "valibot" schemas do not tell their fields (Standard JSON Schema); give columns as an array, or toStandardJsonSchema(schema) of @valibot/to-json-schema',
    );
    expect(rowType({ name: "t", schema, columns: [{ name: "a", type: "text" }] }).columns).toEqual([
      { name: "a", type: "text" },
    ]);
  });

  it("literals of texts are texts, also where their library gives them no type", () => {
    const output = () => ({
      type: "object",
      properties: { kind: { enum: ["a", "b"] }, only: { const: "a" }, mixed: { enum: ["a", 1] }, any: {} },
      required: ["kind", "only", "mixed", "any"],
    });
    const schema = {
      "~standard": {
        version: 1 as const,
        vendor: "made up",
        validate: (value: unknown) => ({ value }),
        jsonSchema: { output },
      },
    };
    expect(rowType({ name: "t", schema }).columns).toEqual([
      { name: "kind", type: "text" },
      { name: "only", type: "text" },
      { name: "mixed", type: "json" },
      { name: "any", type: "json" },
    ]);
  });

  it("says of a schema that is no object's what can be done", () => {
    const schema = z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]);
    expect(() => rowType({ name: "t", schema })).toThrow(
      /not one of an object with known fields; what is none, such as a union of objects, can be a field of one$/,
    );
  });

  it("refuses misuse in a sentence", () => {
    const columns: Columns = [{ name: "a", type: "text" }];
    expect(() => rowType({ name: "t", columns, key: "b" })).toThrow(/its key "b" is none of its columns a/);
    expect(() => rowType({ name: "", columns })).toThrow(/without a name/);
    expect(() => rowType({ name: "t" })).toThrow(/needs a schema, or columns/);
    expect(() => rowType({ name: "t", columns, colums: [] } as never)).toThrow(/unknown option "colums"/);
    expect(() => rowType({ name: "t", columns: [{ name: "a", type: "string" } as never] })).toThrow(
      /type "string" is none of/,
    );
    expect(() => rowType({ name: "t", columns: [{ name: "a", type: "vector", length: -1 }] })).toThrow(/length/);
    expect(() => rowType({ name: "t", schema: {} as never })).toThrow(/Standard Schema/);
  });
});

it("resolveRowType() takes a row type, a schema, a built-in name or nothing", () => {
  expect(resolveRowType(undefined, "x")).toBeUndefined();
  expect(resolveRowType("summaries", "x")).toBe(ConversationSummary);
  expect(resolveRowType(ConversationSummary, "x")).toBe(ConversationSummary);
  expect(resolveRowType(z.object({ a: z.string() }), "mine")).toMatchObject({ name: "mine", columns: [{ name: "a" }] });
  expect(() => resolveRowType("summary", "x")).toThrow(
    /Cannot use "summary" as a row type: the built-in ones are conversations/,
  );
  expect(() => resolveRowType({ a: 1 }, "x")).toThrow(/Cannot use an object as the row type of checkpoint "x"/);
});

it("rows have the type that their row type says", () => {
  const schema = z.object({ id: z.string(), score: z.number().nullable() });
  const bySchema = rowType({ name: "t", schema });
  expectTypeOf<RowOf<typeof bySchema>>().toEqualTypeOf<{ id: string; score: number | null }>();
  expectTypeOf<RowOf<typeof schema>>().toEqualTypeOf<{ id: string; score: number | null }>();

  const optional = z.object({
    a: z.string().optional(),
    b: z.number().nullish(),
    c: z.array(z.object({ d: z.bigint().optional() })).optional(),
    e: z.unknown(),
    f: z.record(z.string(), z.unknown()),
    g: z.tuple([z.string(), z.number()]),
    h: z.instanceof(Float32Array),
    i: z.string().default("x"),
  });
  interface Read {
    a: string | null;
    b: number | null;
    c: { d?: bigint | null | undefined }[] | null;
    e: unknown;
    f: Record<string, unknown>;
    g: [string, number];
    h: Float32Array<ArrayBuffer>;
    i: string;
  }
  expectTypeOf<RowOf<typeof optional>>().toEqualTypeOf<Read>();
  const whole = rowType({
    name: "t",
    schema: optional,
    columns: { h: { type: "vector" }, g: { type: "json" }, c: { type: "json", nullable: true } },
  });
  expectTypeOf<RowOf<typeof whole>>().toEqualTypeOf<Read>();
  // Both what the schema gives and what was read can be saved.
  const _given = [{} as z.output<typeof optional>, {} as Read] satisfies GivenRowOf<typeof whole>[];
  // @ts-expect-error a field that may not be null must be there
  const _missing: GivenRowOf<"embeddings"> = { chat_id: "a" };
  const _short: GivenRowOf<"clusters">[] = [{ id: "", name: "", description: "", slug: "", chat_ids: [] }];

  const byColumns = rowType({
    name: "t",
    columns: [
      { name: "id", type: "int64", bigint: true },
      { name: "count", type: "int64", nullable: true },
      { name: "tags", type: "list", items: { type: "text", nullable: true } },
      { name: "at", type: "struct", fields: [{ name: "x", type: "float64" }] },
      { name: "by", type: "map", values: { type: "bool" } },
      { name: "vector", type: "vector" },
      { name: "metadata", type: "json" },
    ],
  });
  expectTypeOf<RowOf<typeof byColumns>>().toEqualTypeOf<{
    id: bigint;
    count: number | null;
    tags: (string | null)[];
    at: { x: number };
    by: Record<string, boolean>;
    vector: Float32Array;
    metadata: unknown;
  }>();
  // @ts-expect-error a bigint column holds no number
  const _wrong: RowOf<typeof byColumns>["id"] = 1;

  expectTypeOf<RowOf<"embeddings">>().toEqualTypeOf<Embedding>();
  expectTypeOf<RowOf<typeof ConversationSummary>>().toEqualTypeOf<ConversationSummary>();
  expectTypeOf<RowOf<undefined>>().toEqualTypeOf<Row>();
  expectTypeOf<RowOf<RowType>>().toEqualTypeOf<Row>();
  const anyColumns = rowType({ name: "t", columns: ConversationSummary.columns });
  expectTypeOf<RowOf<typeof anyColumns>>().toEqualTypeOf<Row>();
  const more = rowType({ name: "t", columns: [...ConversationSummary.columns, { name: "more", type: "text" }] });
  expectTypeOf<RowOf<typeof more>>().toEqualTypeOf<Row>();
});

it.each<[string, z.ZodType, ColumnValue, RegExp | undefined]>([
  [
    "a list as a vector",
    z.array(z.number()),
    { type: "vector" },
    /an array, and a column of type vector holds a Float32Array \(in zod, z\.instance/,
  ],
  [
    "a number as a bigint",
    z.number().nullable(),
    { type: "int64", bigint: true },
    /a number, and a column of type int64 holds a bigint/,
  ],
  [
    "a bigint as a number",
    z.bigint().optional(),
    { type: "int64" },
    /a bigint, and a column of type int64 holds a number/,
  ],
  ["a Date as a time", z.date(), { type: "timestamp" }, /a date, and a column of type timestamp holds a string/],
  ["a text as a number", z.string(), { type: "float64" }, /a string, and/],
  ["a text as a time", z.string(), { type: "timestamp" }, undefined],
  ["a number as a float32", z.number().nullish(), { type: "float32" }, undefined],
  ["an integer as an int32", z.int(), { type: "int32" }, undefined],
  ["what does not tell", z.custom<number>(), { type: "float32" }, undefined],
  ["one of several", z.union([z.string(), z.number()]), { type: "float64" }, undefined],
  ["any as JSON", z.array(z.number()), { type: "json" }, undefined],
])("a column beside a schema holds what that makes: %s", (_, schema, column, refused) => {
  const make = () => rowType({ name: "t", schema: z.object({ v: schema }), columns: { v: column } });
  if (refused) expect(make).toThrow(refused);
  else expect(make().columns[0]).toMatchObject({ ...column, name: "v" });
});

it("rows are given as the schema takes them, and read as it makes them", () => {
  const schema = z.object({
    id: z.string(),
    more: z.number().default(3),
    length: z.string().transform((text) => text.length),
    at: z.coerce.string(),
    note: z.string().optional(),
    none: z.string().nullable(),
    inner: z.object({ note: z.string().optional(), more: z.number().default(3) }),
    tags: z.array(z.string()),
  });
  const type = rowType({ name: "t", schema });
  const given = { id: "a", length: "four", at: 5, none: null, inner: { note: null }, tags: ["a"] } as const;
  const _given = given satisfies GivenRowOf<typeof schema> satisfies GivenRowOf<typeof type>;
  // @ts-expect-error What may be null, and is not optional, has to be there: the schema would refuse the row.
  const _absent = { ...given, none: undefined } satisfies GivenRowOf<typeof schema>;
  // @ts-expect-error It is the text that is given.
  const _made = { ...given, length: 4 } satisfies GivenRowOf<typeof type>;
  expectTypeOf<RowOf<typeof type>["length"]>().toEqualTypeOf<number>();
  expectTypeOf<RowOf<typeof type>["more"]>().toEqualTypeOf<number>();

  const lists = rowType({ name: "t", columns: [{ name: "xs", type: "list", items: { type: "float64" } }] });
  const _readonly: GivenRowOf<typeof lists> = { xs: [1] as readonly number[] };
  expectTypeOf<RowOf<typeof lists>>().toEqualTypeOf<{ xs: number[] }>();
});

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
interface Tree {
  name: string;
  branches: Tree[];
}

it("any JSON, and what else holds itself, is a field like others", async () => {
  const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ name: z.string(), branches: z.array(Tree) }));
  const schema = z.object({
    json: z.json(),
    mine: z.custom<Json>(),
    tree: Tree,
    pair: z.tuple([z.string()], z.number()),
  });
  const type = rowType({ name: "t", schema, columns: { tree: { type: "json" } } });
  const manager = new JSONLCheckpointManager(new MemoryStorage());
  const row = {
    json: [1, { a: null }],
    mine: { a: [1, "b"] },
    tree: { name: "", branches: [{ name: "a", branches: [] }] },
    pair: ["a", 1, 2] as [string, ...number[]],
  };
  await manager.saveCheckpoint("rows", [row], type);
  const rows = await manager.loadCheckpoint("rows", type);
  expect(rows).toEqual([row]);
  expectTypeOf(rows![0]!.json).toEqualTypeOf<z.core.util.JSONType>();
  expectTypeOf(rows![0]!.pair).toEqualTypeOf<[string, ...number[]]>();
  await manager.saveCheckpoint("rows", rows!, type);
  const fn = async (name: string) => ({ name, json: [name] as Json });
  const map = { name: "map", inputs: ["a"], key: String, checkpointManager: manager };
  expect((await resumableMap({ ...map, fn })).tally.paid).toBe(1);
  const made = z.object({ name: z.string(), json: z.json(), more: z.number().default(1) });
  expect((await resumableMap({ ...map, fn: async (name) => ({ name, json: { name } }), type: made })).tally.paid).toBe(
    0,
  );
});
