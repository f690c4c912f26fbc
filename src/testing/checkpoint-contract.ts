import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { CheckpointManagerOptions } from "../checkpoints/checkpoint-manager.js";
import { InvalidRowError, MissingCheckpointError, RowTypeMismatchError, StaleCheckpointError } from "../errors.js";
import { type Cluster, type Conversation, ConversationSummary, ProjectedCluster } from "../rows/builtin.js";
import { rowType } from "../rows/row-type.js";
import { expect } from "./expect.js";

/** Of vitest, jest, mocha, or node:test. */
export interface TestRunner {
  describe(title: string, body: () => void): unknown;
  it(title: string, body: () => Promise<void>): unknown;
}

/** The options that the suite asks for; a manager of your own may have others. */
export type SuiteOptions = Pick<CheckpointManagerOptions, "enabled" | "keepRevisions">;

export interface Implementation {
  /** A manager on a new, empty place. Options that it does not know are refused. */
  make(options?: SuiteOptions): Promise<BaseCheckpointManager>;
  /** Another manager on the same place. */
  again(manager: BaseCheckpointManager, options?: SuiteOptions): Promise<BaseCheckpointManager>;
  /**
   * What it cannot do, and why; tests of that are left out. `revisions`: keep earlier rows, to be restored · `disable`: be made so that it
   * does nothing.
   */
  readonly cannot?: Partial<Record<"revisions" | "disable", string>> | undefined;
}

const conversation = (n: number): Conversation => ({
  chat_id: `chat-${n}`,
  created_at: n % 2 ? "2025-05-29T22:11:46.173974" : "2025-05-29T22:11:46.173974+02:00",
  messages: [
    { created_at: "2025-05-29T22:11:46", role: "user", content: `Grüße\u2028 ${n} 🦆` },
    { created_at: "2025-05-29T22:11:47Z", role: "tool", content: "" },
  ],
  metadata: { turns: n, big: 12345678901234567890n, nested: { list: [null, true, -0, 1e16] }, "10": "ten", "2": "two" },
});

const summary = (n: number): ConversationSummary => ({
  summary: `Summary ${n}`,
  request: n % 2 ? null : `request ${n}`,
  topic: n % 3 ? "python" : "",
  languages: n % 4 ? ["english", "python"] : n % 8 ? [] : null,
  task: null,
  concerning_score: (n % 5) + 1,
  user_frustration: null,
  assistant_errors: [],
  chat_id: `chat-${n}`,
  metadata: { conversation_turns: n },
  embedding: n % 2 ? [0.1, 1, -0, 1e-7] : null,
});

const cluster = (n: number): Cluster => ({
  id: `id-${n}`,
  name: `Cluster ${n}`,
  description: "",
  slug: "s",
  chat_ids: [`chat-${n}`],
  parent_id: n ? "id-0" : null,
  count: 1,
});

const many = <R>(count: number, make: (n: number) => R) => Array.from({ length: count }, (_, n) => make(n));

const Ticket = rowType({
  name: "tickets",
  key: "id",
  columns: [
    { name: "id", type: "int64", bigint: true },
    { name: "title", type: "text" },
    { name: "price", type: "float64", nullable: true },
    { name: "tags", type: "map", values: { type: "int32" } },
    { name: "embedding", type: "vector", length: 3 },
    { name: "open", type: "bool" },
  ],
});
const ticket = (n: number) => ({
  id: 9007199254740993n + BigInt(n),
  title: `ticket ${n}`,
  price: n % 2 ? null : n / 8,
  tags: { a: n },
  embedding: new Float32Array([n, 0.5, -1]),
  open: n % 2 === 0,
});

/** What every checkpoint manager must do, whatever its format and storage. */
export function checkpointContract(
  name: string,
  { make, again, cannot = {} }: Implementation,
  { describe, it }: TestRunner,
): void {
  const needs = (ability: keyof typeof cannot, title: string, body: () => Promise<void>) => {
    if (cannot[ability] === undefined) it(title, body);
  };
  describe(`checkpoint contract: ${name}`, () => {
    it("loadCheckpoint() gives rows as they went in, for every built-in row type", async () => {
      const manager = await make();
      const samples = {
        conversations: many(20, conversation),
        summaries: many(20, summary),
        embeddings: many(20, (n) => ({ chat_id: `chat-${n}`, embedding: new Float32Array([n, 0.1, 1e-30]) })),
        clusters: many(20, cluster),
        meta_clusters: many(20, cluster),
        dimensionality: many(20, (n) => ({ ...cluster(n), x_coord: n / 3, y_coord: -1, level: 0 })),
      } as const;
      for (const [checkpoint, rows] of Object.entries(samples)) {
        await manager.saveCheckpoint(checkpoint, rows as readonly Record<string, unknown>[]);
        expect(await manager.loadCheckpoint(checkpoint)).toEqual(rows);
      }
      expect((await manager.listCheckpoints()).sort()).toEqual(Object.keys(samples).sort());
    });

    it("loadCheckpoint() gives rows of a user's own type as they went in", async () => {
      const manager = await make();
      const info = await manager.saveCheckpoint("tickets", many(50, ticket), Ticket);
      expect(info).toMatchObject({ name: "tickets", rows: 50, complete: true, rowType: "tickets" });
      expect(await manager.loadCheckpoint("tickets", Ticket)).toEqual(many(50, ticket));
      expect(await manager.loadCheckpoint("tickets")).toEqual(many(50, ticket));
    });

    it("saveCheckpoint() without a row type keeps every JSON value", async () => {
      const manager = await make();
      const rows = [
        { a: 1, b: { c: [null, "x"] } },
        { a: "two", b: 123456789012345678901n },
      ];
      await manager.saveCheckpoint("anything", rows);
      expect(await manager.loadCheckpoint("anything")).toEqual(rows);
    });

    it("absent, empty and filled are three answers", async () => {
      const manager = await make();
      expect(await manager.loadCheckpoint("summaries")).toBeUndefined();
      expect(await manager.filterCheckpoint("summaries", {})).toBeUndefined();
      expect(await manager.getCheckpointInfo("summaries")).toBeUndefined();
      expect(await manager.openCheckpoint("summaries")).toBeUndefined();
      await expect(manager.streamCheckpoint("summaries").next()).rejects.toThrow(MissingCheckpointError);
      await manager.saveCheckpoint("summaries", []);
      expect(await manager.loadCheckpoint("summaries")).toEqual([]);
      expect(await manager.getCheckpointInfo("summaries")).toMatchObject({ rows: 0 });
      expect(await manager.listCheckpoints()).toEqual(["summaries"]);
      await manager.saveCheckpoint("summaries", many(2, summary));
      await manager.saveCheckpoint("summaries", []);
      expect(await manager.loadCheckpoint("summaries")).toEqual([]);
    });

    it("saveCheckpoint() takes async iterables, and the rows are taken once", async () => {
      const manager = await make();
      let taken = 0;
      async function* rows() {
        for (let n = 0; n < 2000; n++) {
          taken++;
          yield summary(n);
        }
      }
      await manager.saveCheckpoint("summaries", rows(), ConversationSummary);
      expect(taken).toBe(2000);
      expect(await manager.loadCheckpoint("summaries", ConversationSummary)).toEqual(many(2000, summary));
    });

    it("saveCheckpoint() replaces shorter by longer and longer by shorter", async () => {
      const manager = await make();
      for (const count of [3, 1000, 2, 0, 7]) {
        await manager.saveCheckpoint("summaries", many(count, summary));
        expect(await manager.loadCheckpoint("summaries")).toEqual(many(count, summary));
      }
    });

    it("saveCheckpoint() refuses a row that does not fit, naming row and field, and the old rows stand", async () => {
      const manager = await make();
      await manager.saveCheckpoint("summaries", many(3, summary));
      const bad: [Record<string, unknown>, string][] = [
        [{ ...summary(1), summary: 5 }, "summary"],
        [{ ...summary(1), summary: "\ud83d" }, "summary"],
        [{ ...summary(1), embedding: [1, Number.NaN] }, "embedding[1]"],
        [{ ...summary(1), concerning_score: 1.5 }, "concerning_score"],
        [{ ...summary(1), concerning_score: 2 ** 31 }, "concerning_score"],
        [{ ...summary(1), languages: ["a", null] }, "languages[1]"],
        [{ ...summary(1), metadata: { x: Number.POSITIVE_INFINITY } }, "metadata.x"],
        [{ ...summary(1), extra: 1 }, "extra"],
        [{ ...summary(1), chat_id: null }, "chat_id"],
      ];
      for (const [row, field] of bad) {
        const error = await manager
          .saveCheckpoint("summaries", [...many(700, summary), row as never])
          .catch((error: unknown) => error);
        expect(error).toBeInstanceOf(InvalidRowError);
        expect(error).toMatchObject({ row: 700, field });
      }
      expect(await manager.loadCheckpoint("summaries")).toEqual(many(3, summary));
      expect(await manager.listRevisions("summaries")).toHaveLength(1);
    });

    it("saveCheckpoint() refuses a field whose name is not Unicode, and the old rows stand", async () => {
      const manager = await make();
      await manager.saveCheckpoint("things", [{ a: 1 }]);
      const error = await manager.saveCheckpoint("things", [{ a: 1, "b\ud83d": 2 }]).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error).includes("half of a surrogate pair")).toBe(true);
      expect(await manager.loadCheckpoint("things")).toEqual([{ a: 1 }]);
    });

    it("an absent nullable field is written and read as null", async () => {
      const manager = await make();
      const { request: _, embedding: __, ...rest } = summary(1);
      await manager.saveCheckpoint("summaries", [rest], ConversationSummary);
      expect(await manager.loadCheckpoint("summaries")).toEqual([{ ...summary(1), request: null, embedding: null }]);
    });

    it("an iterable that throws leaves the old rows", async () => {
      const manager = await make();
      await manager.saveCheckpoint("summaries", many(3, summary));
      async function* failing() {
        yield summary(0);
        throw new Error("provider down");
      }
      await expect(manager.saveCheckpoint("summaries", failing(), ConversationSummary)).rejects.toThrow(
        "provider down",
      );
      expect(await manager.loadCheckpoint("summaries")).toEqual(many(3, summary));
      await manager.saveCheckpoint("summaries", many(4, summary));
      expect(await manager.loadCheckpoint("summaries")).toEqual(many(4, summary));
    });

    it("streamCheckpoint() gives columns, conditions and row ranges like the loaded rows would", async () => {
      const manager = await make();
      const rows = many(3000, summary);
      await manager.saveCheckpoint("summaries", rows);
      const collect = async (options: object) => {
        const found: unknown[] = [];
        for await (const row of manager.streamCheckpoint("summaries", ConversationSummary, options)) found.push(row);
        return found;
      };
      expect(await collect({ columns: ["chat_id", "topic"] })).toEqual(
        rows.map(({ chat_id, topic }) => ({ topic, chat_id })),
      );
      expect(await collect({ rowStart: 1995, rowEnd: 2003 })).toEqual(rows.slice(1995, 2003));
      expect(await collect({ rowStart: 2999, rowEnd: 9999 })).toEqual(rows.slice(2999));
      expect(await collect({ rowStart: 5000 })).toEqual([]);
      expect(await collect({ where: { concerning_score: { gte: 4 } } })).toEqual(
        rows.filter((row) => row.concerning_score! >= 4),
      );
      expect(await collect({ where: { concerning_score: 5 }, columns: ["chat_id"], rowStart: 10, rowEnd: 20 })).toEqual(
        rows
          .slice(10, 20)
          .filter((row) => row.concerning_score === 5)
          .map(({ chat_id }) => ({ chat_id })),
      );
      await expect(collect({ columns: ["nope"] })).rejects.toThrow(/nope/);
      await expect(collect({ rowStart: -1 })).rejects.toThrow(RangeError);
      await expect(collect({ wher: {} })).rejects.toThrow(/unknown option "wher"/);
    });

    it("filterCheckpoint() gives the same for a condition and a function", async () => {
      const manager = await make();
      const rows = many(500, summary);
      await manager.saveCheckpoint("summaries", rows);
      const condition = {
        and: [{ topic: { contains: "yth" } }, { not: { languages: null } }],
        "metadata.conversation_turns": { lt: 300 },
      };
      const expected = rows.filter(
        (row) =>
          row.topic?.includes("yth") && row.languages !== null && Number(row.metadata["conversation_turns"]) < 300,
      );
      expect(expected.length).toBeGreaterThan(10);
      expect(await manager.filterCheckpoint("summaries", condition, ConversationSummary)).toEqual(expected);
      expect(
        await manager.filterCheckpoint(
          "summaries",
          (row) => expected.some(({ chat_id }) => chat_id === row.chat_id),
          ConversationSummary,
        ),
      ).toEqual(expected);
    });

    it("a stream keeps reading the version it began with while others save and delete", async () => {
      const manager = await make({ keepRevisions: 0 });
      await manager.saveCheckpoint("summaries", many(3000, summary));
      const seen: unknown[] = [];
      for await (const row of manager.streamCheckpoint("summaries", ConversationSummary)) {
        if (seen.push(row) === 1) {
          await manager.saveCheckpoint("summaries", many(5, summary));
          await manager.saveCheckpoint("summaries", many(6, summary));
          await manager.deleteCheckpoint("summaries");
        }
      }
      expect(seen).toEqual(many(3000, summary));
      expect(await manager.loadCheckpoint("summaries")).toBeUndefined();
    });

    it("an abort stops a stream, a load and a save, and the old rows stand", async () => {
      const manager = await make();
      await manager.saveCheckpoint("summaries", many(3000, summary));
      const stop = AbortSignal.abort(new Error("enough"));
      await expect(manager.loadCheckpoint("summaries", ConversationSummary, { signal: stop })).rejects.toThrow(
        "enough",
      );
      await expect(
        manager.saveCheckpoint("summaries", many(2, summary), ConversationSummary, { signal: stop }),
      ).rejects.toThrow("enough");
      const controller = new AbortController();
      async function* rows() {
        for (let n = 0; n < 5000; n++) {
          if (n === 3000) controller.abort(new Error("stop here"));
          yield summary(n);
        }
      }
      await expect(
        manager.saveCheckpoint("summaries", rows(), ConversationSummary, { signal: controller.signal }),
      ).rejects.toThrow("stop here");
      expect(await manager.loadCheckpoint("summaries")).toHaveLength(3000);
    });

    it("getCheckpointInfo() tells rows, bytes, columns, revision and what it was made from", async () => {
      const manager = await make();
      const saved = await manager.saveCheckpoint("summaries", many(10, summary), ConversationSummary, {
        madeFrom: { model: "m", n: 1 },
      });
      const info = await manager.getCheckpointInfo("summaries");
      expect(info).toMatchObject({
        rows: 10,
        bytes: saved.bytes,
        fingerprint: { model: "m", n: 1 },
        verified: "identity",
        complete: true,
      });
      expect(info?.columns.map((column) => column.name)).toEqual(
        ConversationSummary.columns.map((column) => column.name),
      );
      expect(info?.revision).toEqual(saved.revision);
      expect(await manager.getCheckpointInfo("summaries", { check: true })).toMatchObject({
        verified: "bytes",
        rows: 10,
      });
    });

    it("missing rows make a checkpoint incomplete, and say which", async () => {
      const manager = await make();
      await manager.saveCheckpoint("summaries", many(2, summary), ConversationSummary, { missing: ["chat-9"] });
      expect(await manager.getCheckpointInfo("summaries")).toMatchObject({ complete: false, missing: ["chat-9"] });
    });

    it("loadCheckpoint() with madeFrom refuses stale rows and says what changed", async () => {
      const manager = await make();
      await manager.saveCheckpoint("summaries", many(2, summary), ConversationSummary, {
        madeFrom: { model: "a", prompt: { text: "x", v: 1 } },
      });
      expect(
        await manager.loadCheckpoint("summaries", ConversationSummary, {
          madeFrom: { prompt: { v: 1, text: "x" }, model: "a" },
        }),
      ).toHaveLength(2);
      const error = await manager
        .loadCheckpoint("summaries", ConversationSummary, { madeFrom: { model: "b", prompt: { text: "x", v: 1 } } })
        .catch((error: unknown) => error);
      expect(error).toBeInstanceOf(StaleCheckpointError);
      expect(error).toMatchObject({ changes: ['model was "a" and is "b"'] });
    });

    it("openCheckpoint(), streamCheckpoint() and filterCheckpoint() refuse them, too", async () => {
      const manager = await make();
      interface Made {
        model: string;
      }
      const [fresh, stale]: Made[] = [{ model: "a" }, { model: "b" }];
      await manager.saveCheckpoint("summaries", many(2, summary), ConversationSummary, { madeFrom: fresh });
      const reads = (madeFrom: Made | undefined) => [
        async () => {
          const opened = await manager.openCheckpoint("summaries", undefined, { madeFrom });
          const { rows } = opened!.info;
          await opened!.close();
          return rows;
        },
        async () => {
          let rows = 0;
          for await (const _ of manager.streamCheckpoint("summaries", undefined, { madeFrom, columns: ["chat_id"] }))
            rows += 1;
          return rows;
        },
        async () => (await manager.filterCheckpoint("summaries", {}, undefined, { madeFrom, rowEnd: 2 }))?.length,
      ];
      for (const read of reads(fresh)) expect(await read()).toBe(2);
      for (const read of reads(stale))
        expect(await read().catch((error: unknown) => error)).toBeInstanceOf(StaleCheckpointError);
      const [open] = reads({ model: new Date(0) as never });
      expect(await open!().catch((error: unknown) => error)).toBeInstanceOf(TypeError);
    });

    it("loadCheckpoint() refuses a row type that does not fit, naming both types", async () => {
      const manager = await make();
      await manager.saveCheckpoint("tickets", many(2, ticket), Ticket);
      const wrong = rowType({ name: "tickets", columns: [{ name: "title", type: "int32" }] });
      await expect(manager.loadCheckpoint("tickets", wrong)).rejects.toThrow(RowTypeMismatchError);
      await expect(manager.loadCheckpoint("tickets", wrong)).rejects.toThrow(
        /"title" is stored as text and wanted as int32/,
      );
      const gone = rowType({ name: "tickets", columns: [{ name: "owner", type: "text" }] });
      await expect(manager.loadCheckpoint("tickets", gone)).rejects.toThrow(
        /"owner" is stored as nothing and wanted as text/,
      );
    });

    it("a row type with a new nullable field reads old rows with null", async () => {
      const manager = await make();
      await manager.saveCheckpoint(
        "notes",
        [{ a: "x" }],
        rowType({ name: "notes", columns: [{ name: "a", type: "text" }] }),
      );
      const wider = rowType({
        name: "notes",
        columns: [
          { name: "a", type: "text" },
          { name: "b", type: "int32", nullable: true },
        ],
      });
      expect(await manager.loadCheckpoint("notes", wider)).toEqual([{ a: "x", b: null }]);
    });

    it("openCheckpoint() pins one version", async () => {
      const manager = await make();
      await manager.saveCheckpoint("summaries", many(3, summary));
      const opened = await manager.openCheckpoint("summaries", ConversationSummary);
      await manager.saveCheckpoint("summaries", many(4, summary));
      const rows: unknown[] = [];
      for await (const row of opened!.rows({ rowStart: 1 })) rows.push(row);
      expect(rows).toEqual(many(3, summary).slice(1));
      expect(opened!.info.rows).toBe(3);
      await opened!.close();
    });

    needs("revisions", "revisions: the earlier ones are kept, listed and restored", async () => {
      const manager = await make({ keepRevisions: 2 });
      for (const count of [1, 2, 3, 4])
        await manager.saveCheckpoint("summaries", many(count, summary), ConversationSummary, { madeFrom: { count } });
      const revisions = await manager.listRevisions("summaries");
      expect(revisions.map(({ rows, current }) => [rows, current])).toEqual([
        [4, true],
        [3, false],
        [2, false],
      ]);
      expect(revisions.map(({ id }) => id)).toEqual([...revisions.map(({ id }) => id)].sort().reverse());
      expect(revisions[0]!.parent).toBe(revisions[1]!.id);
      const restored = await manager.restoreRevision("summaries", revisions[2]!.id);
      expect(restored).toMatchObject({ rows: 2, fingerprint: { count: 2 } });
      expect(restored.revision?.rowHash).toBe(revisions[2]!.rowHash);
      expect(await manager.loadCheckpoint("summaries")).toEqual(many(2, summary));
      expect((await manager.listRevisions("summaries")).map(({ rows }) => rows)).toEqual([2, 4, 3]);
      await expect(manager.restoreRevision("summaries", "20200101T000000000Z-aaaa")).rejects.toThrow(
        MissingCheckpointError,
      );
      await expect(manager.restoreRevision("summaries", "../x")).rejects.toThrow(MissingCheckpointError);
    });

    it("saving the same rows twice gives the same bytes and rowHash, and two revisions", async () => {
      const manager = await make();
      const first = await manager.saveCheckpoint("summaries", many(9, summary));
      const second = await manager.saveCheckpoint("summaries", many(9, summary));
      expect(second.revision?.rowHash).toBe(first.revision?.rowHash);
      expect(second.bytes).toBe(first.bytes);
      expect(second.revision?.parent).toBe(first.revision?.id);
    });

    it("deleteCheckpoint() takes every name that listCheckpoints() gives, and says whether there was one", async () => {
      const manager = await make();
      for (const checkpoint of ["summaries", "a.b", "A_1-x"]) await manager.saveCheckpoint(checkpoint, []);
      expect(await manager.listCheckpoints()).toEqual(["A_1-x", "a.b", "summaries"]);
      for (const checkpoint of await manager.listCheckpoints()) {
        expect(await manager.loadCheckpoint(checkpoint)).toEqual([]);
        expect(await manager.deleteCheckpoint(checkpoint)).toBe(true);
        expect(await manager.deleteCheckpoint(checkpoint)).toBe(false);
        expect(await manager.loadCheckpoint(checkpoint)).toBeUndefined();
      }
      expect(await manager.listCheckpoints()).toEqual([]);
    });

    it("a deleted checkpoint does not come back, and a later save is younger than the deletion", async () => {
      const manager = await make();
      const first = await manager.saveCheckpoint("summaries", many(2, summary));
      await manager.deleteCheckpoint("summaries");
      expect(await manager.listRevisions("summaries")).toEqual([]);
      const next = await manager.saveCheckpoint("summaries", many(1, summary));
      expect(next.revision!.id > first.revision!.id).toBe(true);
      expect(next.revision!.parent! > first.revision!.id).toBe(true);
      expect(await manager.listRevisions("summaries")).toHaveLength(1);
    });

    it("a known extension given by habit is dropped", async () => {
      const manager = await make();
      await manager.saveCheckpoint("summaries.jsonl", many(1, summary));
      expect(await manager.listCheckpoints()).toEqual(["summaries"]);
      expect(await manager.loadCheckpoint("summaries.parquet")).toHaveLength(1);
    });

    it("names that lead elsewhere, or are not the same everywhere, are refused", async () => {
      const manager = await make();
      const names = [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "/abs",
        ".kura",
        "x.",
        "a..b",
        "con",
        "NUL.x",
        "ü",
        "a b",
        "x".repeat(101),
        "a\0b",
      ];
      for (const name of names) {
        await expect(manager.saveCheckpoint(name, []), name).rejects.toThrow(TypeError);
        await expect(manager.loadCheckpoint(name), name).rejects.toThrow(TypeError);
        await expect(manager.deleteCheckpoint(name), name).rejects.toThrow(TypeError);
      }
      await manager.saveCheckpoint("Notes", []);
      await expect(manager.saveCheckpoint("notes", [])).rejects.toThrow(/differ by more than case/);
    });

    it("unknown options and things that are no row type are refused", async () => {
      const manager = await make();
      await expect(manager.saveCheckpoint("x", [], undefined, { made: {} } as never)).rejects.toThrow(
        /unknown option "made"/,
      );
      await expect(manager.loadCheckpoint("x", { columns: ["a"] } as never)).rejects.toThrow(TypeError);
      await expect(manager.saveCheckpoint("x", 5 as never)).rejects.toThrow(/iterable/);
      await expect(make({ enable: true } as never)).rejects.toThrow(/unknown option "enable"/);
    });

    needs("disable", "a manager that is not enabled does nothing and answers as if nothing were there", async () => {
      const manager = await make();
      await manager.saveCheckpoint("summaries", many(2, summary));
      const off = await again(manager, { enabled: false });
      expect(off.enabled).toBe(false);
      expect(await off.saveCheckpoint("summaries", many(9, summary))).toMatchObject({ files: [], bytes: 0 });
      expect(await off.loadCheckpoint("summaries")).toBeUndefined();
      expect(await off.listCheckpoints()).toEqual([]);
      expect(await off.deleteCheckpoint("summaries")).toBe(false);
      expect(await off.getCheckpointInfo("summaries")).toBeUndefined();
      expect(await manager.loadCheckpoint("summaries")).toHaveLength(2);
    });

    it("what one manager saved, another on the same place loads", async () => {
      const manager = await make();
      await manager.saveCheckpoint(
        "dimensionality",
        [{ ...cluster(0), x_coord: 1, y_coord: 2.5, level: 0 }],
        ProjectedCluster,
      );
      const other = await again(manager);
      expect(await other.loadCheckpoint("dimensionality", "dimensionality")).toEqual([
        { ...cluster(0), x_coord: 1, y_coord: 2.5, level: 0 },
      ]);
    });

    needs("revisions", "saves of one name at the same time form one chain of parents", async () => {
      const manager = await make({ keepRevisions: 20 });
      const other = await again(manager, { keepRevisions: 20 });
      await Promise.all(many(10, (n) => (n % 2 ? manager : other).saveCheckpoint("summaries", many(n + 1, summary))));
      const revisions = await manager.listRevisions("summaries");
      expect(revisions).toHaveLength(10);
      revisions.forEach((revision, index) => {
        expect(revision.parent).toBe(revisions[index + 1]?.id ?? null);
      });
      expect(await manager.loadCheckpoint("summaries")).toHaveLength(revisions[0]!.rows!);
    });
  });
}
