import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { RowTypeMismatchError } from "../../src/errors.js";
import { Embedding } from "../../src/rows/builtin.js";
import type { Condition } from "../../src/rows/condition.js";
import { rowType } from "../../src/rows/row-type.js";
import { checkpointContract as contract, type Implementation } from "../../src/testing/checkpoint-contract.js";
import { copyContract } from "../../src/testing/copy-contract.js";

export type { Implementation };

/** What everybody's managers must do, and what takes packages that not everybody has. */
export function checkpointContract(name: string, implementation: Implementation): void {
  contract(name, implementation, { describe, it });
  copyContract(name, implementation, { describe, it });
  const { make } = implementation;

  describe(`more of the checkpoint contract: ${name}`, () => {
    it("what a schema calls optional is read as null where it was absent, and typed so; inside JSON it stays absent", async () => {
      const manager = await make();
      const Note = rowType({
        name: "notes",
        schema: z.object({
          id: z.int32(),
          text: z.string().optional(),
          inner: z.object({ text: z.string().optional() }),
          json: z.looseObject({ text: z.string().optional() }),
        }),
      });
      await manager.saveCheckpoint(
        "notes",
        [
          { id: 1, inner: {}, json: {} },
          { id: 2, text: undefined, inner: { text: undefined }, json: { text: "c" } },
          { id: 3, text: "a", inner: { text: "b" }, json: {} },
        ],
        Note,
      );
      const rows = [
        { id: 1, text: null, inner: { text: null }, json: {} },
        { id: 2, text: null, inner: { text: null }, json: { text: "c" } },
        { id: 3, text: "a", inner: { text: "b" }, json: {} },
      ];
      const loaded = await manager.loadCheckpoint("notes", Note);
      expect(loaded).toEqual(rows);
      expectTypeOf(loaded![0]!.text).toEqualTypeOf<string | null>();
      expect(await manager.filterCheckpoint("notes", { text: null }, Note)).toEqual(rows.slice(0, 2));
      // What was read can be saved again.
      await manager.saveCheckpoint("again", loaded!, Note);
      expect(await manager.loadCheckpoint("again", Note)).toEqual(rows);
    });

    it("refuses a Map, Set or Date as a row or as an object in one: nothing of what is in it would be kept", async () => {
      const manager = await make();
      const Note = rowType({ name: "notes", columns: [{ name: "counts", type: "map", values: { type: "float64" } }] });
      for (const given of [new Map([["a", 1]]), new Set([1]), new Date(0), /a/]) {
        await expect(manager.saveCheckpoint("notes", [{ counts: given as never }], Note)).rejects.toThrow(
          `row 0, field "counts": an object is needed, it is a ${given.constructor.name}`,
        );
        await expect(manager.saveCheckpoint("notes", [given])).rejects.toThrow(
          `row 0: an object is needed, it is a ${given.constructor.name}`,
        );
      }
      expect(await manager.getCheckpointInfo("notes")).toBeUndefined();
    });

    it("a function that filters sees whole rows, of which only the wanted columns are given; types say which they are", async () => {
      const manager = await make();
      const Note = rowType({
        name: "notes",
        schema: z.object({ id: z.int(), kind: z.enum(["a", "b"]), text: z.string() }),
      });
      await manager.saveCheckpoint(
        "notes",
        Array.from({ length: 9 }, (_, id) => ({ id, kind: id % 3 ? "a" : "b", text: "" }) as const),
        Note,
      );
      const found = await manager.filterCheckpoint("notes", ({ kind }) => kind === "b", Note, {
        columns: ["text", "id"],
      });
      expectTypeOf(found).toEqualTypeOf<{ id: number; text: string }[] | undefined>();
      expect(found).toEqual([0, 3, 6].map((id) => ({ id, text: "" })));
      expect(found).toEqual(await manager.filterCheckpoint("notes", { kind: "b" }, Note, { columns: ["text", "id"] }));
      for await (const row of manager.streamCheckpoint("notes", Note, { columns: ["kind"] }))
        expectTypeOf(row).toEqualTypeOf<{ kind: "a" | "b" }>();
      const opened = (await manager.openCheckpoint("notes", Note))!;
      for await (const row of opened.rows({ columns: ["kind"] }))
        expectTypeOf(row).toEqualTypeOf<{ kind: "a" | "b" }>();
      for await (const rows of opened.batches({ columns: ["id"], rowEnd: 1 })) {
        expectTypeOf(rows).toEqualTypeOf<{ id: number }[]>();
        expect(rows).toEqual([{ id: 0 }]);
      }
      for await (const row of opened.rows()) expectTypeOf(row.text).toEqualTypeOf<string>();
      await opened.close();
      for await (const row of manager.streamCheckpoint("notes", Note)) expectTypeOf(row.text).toEqualTypeOf<string>();
      for await (const row of manager.streamCheckpoint("notes")) expectTypeOf(row["text"]).toEqualTypeOf<unknown>();
      // @ts-expect-error There is no such column.
      const misspelt = manager.filterCheckpoint("notes", () => true, Note, { columns: ["txt"] });
      await expect(misspelt).rejects.toThrow('Cannot read column "txt": there is none; there are id, kind, text');
    });

    it("says that it is their name that makes rows be of one of Kura's row types", async () => {
      const manager = await make();
      const rows = [{ id: 1, text: "mine" }];
      const named = /field "summary": .* \(rows of this name are Kura's, unless a row type is given\)$/;
      await expect(manager.saveCheckpoint("summaries", rows)).rejects.toThrow(named);
      const Mine = rowType({ name: "mine", schema: z.object({ id: z.int(), text: z.string() }) });
      await manager.saveCheckpoint("summaries", rows, Mine);
      expect(await manager.loadCheckpoint("summaries", Mine)).toEqual(rows);
    });

    it("rows that were saved under another schema are read if it leaves them as they are, else refused", async () => {
      const manager = await make();
      const rows = [0, 1, 2, 3].map((id) => ({ id, kind: id % 2 ? "b" : "a", times: 1 }));
      const Row = (kinds: [string, ...string[]], factor = 10) =>
        z.object({ id: z.int(), kind: z.enum(kinds), times: z.number().transform((n) => n * factor) });
      await manager.saveCheckpoint("rows", rows, Row(["a", "b"]));
      const saved = rows.map((row) => ({ ...row, times: 10 }));
      expect(await manager.loadCheckpoint("rows", Row(["a", "b"]))).toEqual(saved);
      const Kinds = (...kinds: [string, ...string[]]) => z.object({ id: z.int(), kind: z.enum(kinds) });
      const kinds = rows.map(({ id, kind }) => ({ id, kind }));
      expect(await manager.loadCheckpoint("rows", Kinds("a", "b", "c"))).toEqual(kinds);
      const some = await manager.filterCheckpoint("rows", { kind: "b" }, Kinds("a", "b", "c"), { columns: ["id"] });
      expect(some).toEqual([{ id: 1 }, { id: 3 }]);
      await expect(manager.loadCheckpoint("rows", Kinds("a", "x"))).rejects.toThrow(
        /^Cannot read checkpoint "rows": row 1, field "kind", was saved under another schema, and does not fit this one: .*; read it with that one, or with none$/,
      );
      await expect(manager.loadCheckpoint("rows", Kinds("a", "x"))).rejects.toThrow(RowTypeMismatchError);
      // A transform that would apply twice.
      await expect(manager.loadCheckpoint("rows", Row(["a", "b", "c"]))).rejects.toThrow(
        /row 0, field "times".*another value/,
      );
      const { revision } = (await manager.getCheckpointInfo("rows"))!;
      await manager.saveCheckpoint("rows", [], Row(["a", "b"]));
      await manager.restoreRevision("rows", revision!.id);
      expect(await manager.loadCheckpoint("rows", Row(["a", "b"]))).toEqual(saved);
    });

    it("filters by a name that holds a dot", async () => {
      const manager = await make();
      const fields = [{ name: "a.b", type: "float64" }] as const;
      const Row = rowType({
        name: "rows",
        columns: [
          { name: "id", type: "int64" },
          { name: "json", type: "json" },
          { name: "map", type: "map", values: { type: "float64" } },
          { name: "struct", type: "struct", fields: [...fields, { name: "a", type: "struct", fields }] },
        ],
      });
      const at = (id: number, n: number, json: object) => ({
        id,
        json,
        map: { "a.b": n },
        struct: { "a.b": n, a: { "a.b": -n } },
      });
      const rows = [at(1, 3, { "a.b": 3 }), at(2, 4, { a: { b: 3 } }), at(3, 4, { a: 3 })];
      await manager.saveCheckpoint("rows", rows, Row);
      const found = async (where: Condition) =>
        (await manager.filterCheckpoint("rows", where, Row))?.map(({ id }) => id);
      expect(await found({ "json.a.b": 3 })).toEqual([1, 2]);
      expect(await found({ "map.a.b": 4 })).toEqual([2, 3]);
      expect(await found({ "struct.a.b": { lt: 4 } })).toEqual([1]);
      expect(await found({ "struct.a.a.b": { lt: -3 } })).toEqual([2, 3]);
    });

    it("refuses one object that is filled anew for each row", async () => {
      const manager = await make();
      function* filledAnew() {
        const row = { id: 0 };
        for (; row.id < 3; row.id++) yield row;
      }
      async function* later() {
        yield* filledAnew();
      }
      for (const rows of [filledAnew(), later()])
        await expect(manager.saveCheckpoint("notes", rows)).rejects.toThrow(
          'Cannot save checkpoint "notes" at row 1: it is the same object as the row before; give each row one of its own',
        );
      const row = { id: 1 };
      await manager.saveCheckpoint("notes", [row, row]);
      expect(await manager.loadCheckpoint("notes")).toEqual([row, row]);
    });

    it("refuses what would be a filter that lets all rows through", async () => {
      const manager = await make();
      await manager.saveCheckpoint("notes", [{ id: 1 }]);
      const filter = async (where: unknown) => await manager.filterCheckpoint("notes", where as never);
      await expect(filter(async () => false)).rejects.toThrow(/^Cannot filter checkpoint "notes": .*async function/);
      for (const none of [undefined, null])
        await expect(filter(none)).rejects.toThrow(/a condition, or a function, is needed/);
      await expect(filter({ id: /1/ })).rejects.toThrow(/a RegExp is neither a value nor/);
      await expect(filter(new Map())).rejects.toThrow(/a condition is an object of fields/);
      const given = { columns: "id" as never };
      await expect(manager.filterCheckpoint("notes", {}, undefined, given)).rejects.toThrow(/an array of their names/);
    });

    it("any rows of any JSON come out as they went in", async () => {
      const manager = await make();
      const json = fc.jsonValue({ maxDepth: 3 }).map((value) => value as Record<string, unknown>);
      const row = fc.record({
        chat_id: fc.string({ unit: "grapheme" }),
        embedding: fc
          .array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 5 })
          .map((values) => new Float32Array(values)),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(row, { maxLength: 5 }), async (rows) => {
          await manager.saveCheckpoint("embeddings", rows, Embedding);
          expect(await manager.loadCheckpoint("embeddings", Embedding)).toEqual(rows);
        }),
        { numRuns: 10, seed: 7 },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(json, { maxLength: 5 }), async (values) => {
          const rows = values.map((value) => ({ value }));
          await manager.saveCheckpoint("values", rows);
          expect(await manager.loadCheckpoint("values")).toEqual(rows.length === 0 ? [] : rows);
        }),
        { numRuns: 20, seed: 7 },
      );
    });
  });
}
