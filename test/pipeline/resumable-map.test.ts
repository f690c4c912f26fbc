import { expect, it, vi } from "vitest";
import { z } from "zod";
import { AnswerStore } from "../../src/checkpoints/answers/answer-store.js";
import { Answers } from "../../src/checkpoints/answers/answers.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import {
  CallError,
  KuraError,
  StaleCheckpointError,
  TooManyFailuresError,
  UnwritableAnswersError,
} from "../../src/errors.js";
import type { PipelineEvent } from "../../src/pipeline/event.js";
import { resumableMap } from "../../src/pipeline/resumable-map.js";
import { rowType } from "../../src/rows/row-type.js";
import { MemoryStorage } from "../../src/storage/memory.js";

const Reply = rowType({
  name: "replies",
  key: "id",
  columns: [
    { name: "id", type: "text" },
    { name: "urgency", type: "float64" },
    { name: "vector", type: "vector" },
  ],
});

interface Ticket {
  id: string;
  text: string;
}

const tickets = (count: number): Ticket[] =>
  Array.from({ length: count }, (_, n) => ({ id: `t${n}`, text: `ticket number ${n}` }));

function setUp(inputs: readonly Ticket[], storage = new MemoryStorage()) {
  const calls: string[] = [];
  const checkpointManager = new JSONLCheckpointManager(storage);
  const fn = vi.fn(async ({ id, text }: Ticket) => {
    calls.push(id);
    return { id, urgency: text.length / 4, vector: new Float32Array([0.1, calls.length * 0]) };
  });
  const options = { name: "replies", inputs, key: ({ id }: Ticket) => id, fn, type: Reply, checkpointManager };
  return { calls, storage, checkpointManager, options };
}

const rowsOf = (inputs: readonly Ticket[]) =>
  inputs.map(({ id, text }) => ({ id, urgency: text.length / 4, vector: new Float32Array([0.1, 0]) }));

async function collected<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

it("resumableMap() makes each row once, in the order of the inputs, and a second run makes none", async () => {
  const inputs = tickets(200);
  const { calls, options } = setUp(inputs);
  const { rows, tally, failed } = await resumableMap(options);
  expect(await collected(rows())).toEqual(rowsOf(inputs));
  expect(tally).toMatchObject({ paid: 200, reused: 0 });
  expect(failed).toEqual([]);
  const again = await resumableMap(options);
  expect(await collected(again.rows())).toEqual(rowsOf(inputs));
  expect(calls).toHaveLength(200);
});

it("added, changed, removed and reordered inputs cost the calls of those added or changed", async () => {
  const { calls, storage, options } = setUp(tickets(50));
  await resumableMap(options);
  const edited = [...tickets(60).slice(5).reverse(), { id: "t0", text: "changed" }];
  const { calls: more, options: next } = setUp(edited, storage);
  const why: unknown[] = [];
  const onEvent = (event: PipelineEvent) => event.type === "decision" && why.push(event.decision.reasons);
  const { rows } = await resumableMap({ ...next, onEvent });
  expect(why).toEqual([["inputs changed"]]);
  expect(await collected(rows())).toEqual(rowsOf(edited));
  expect(calls).toHaveLength(50);
  expect(more.sort()).toEqual(["t0", "t50", "t51", "t52", "t53", "t54", "t55", "t56", "t57", "t58", "t59"]);
});

it("a run that stops half way is finished by the next, which pays for the rest", async () => {
  const { options, calls } = setUp(tickets(100));
  const stop = new AbortController();
  const fn = async (ticket: Ticket) => {
    if (calls.length === 40) stop.abort(new Error("Ctrl-C"));
    return await options.fn(ticket);
  };
  await expect(resumableMap({ ...options, fn, signal: stop.signal, concurrency: 5 })).rejects.toThrow("Ctrl-C");
  const paid = calls.length;
  expect(paid).toBeLessThanOrEqual(46);
  const { rows } = await resumableMap(options);
  expect(await collected(rows())).toHaveLength(100);
  expect(calls).toHaveLength(100);
  expect(new Set(calls).size).toBe(100);
});

it("a final failure leaves its row out, is said, and is not bought again unless told", async () => {
  const { options, checkpointManager } = setUp(tickets(200));
  let asked = 0;
  let heals = false;
  const fn = async (ticket: Ticket) => {
    if (ticket.id !== "t7") return await options.fn(ticket);
    asked++;
    if (!heals) throw new CallError("final", "refused", "The model refused");
    return await options.fn(ticket);
  };
  const first = await resumableMap({ ...options, fn });
  expect(first.failed).toEqual([{ key: "t7", reason: "The model refused", final: true }]);
  expect(await checkpointManager.getCheckpointInfo("replies")).toMatchObject({
    rows: 199,
    complete: false,
    missing: ["t7"],
  });
  heals = true;
  await resumableMap({ ...options, fn });
  expect(asked).toBe(1);
  const healed = await resumableMap({ ...options, fn, retryFailed: true });
  expect(asked).toBe(2);
  expect(healed.failed).toEqual([]);
  expect(await checkpointManager.getCheckpointInfo("replies")).toMatchObject({ rows: 200, complete: true });
});

it("more failures than maxFailed publish nothing, and what was paid stays", async () => {
  const { options, calls, checkpointManager } = setUp(tickets(100));
  const fn = async (ticket: Ticket) => {
    if (/[37]$/.test(ticket.id)) throw new CallError("final", "too long", "The text is too long");
    return await options.fn(ticket);
  };
  const error = await resumableMap({ ...options, fn, concurrency: 2 }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(TooManyFailuresError);
  expect(String(error)).toContain('"t3"');
  expect(await checkpointManager.loadCheckpoint("replies")).toBeUndefined();
  await resumableMap({ ...options, fn, maxFailed: 20 });
  expect(new Set(calls).size).toBe(calls.length);
  expect(await checkpointManager.getCheckpointInfo("replies")).toMatchObject({ rows: 80 });
});

it("a transient failure is tried again in the same run and the next", async () => {
  const { options } = setUp(tickets(3));
  let asked = 0;
  const fn = async (ticket: Ticket) => {
    if (ticket.id === "t1" && asked++ < 3) throw new CallError("transient", "busy", "Busy", { retryAfterMs: 1 });
    return await options.fn(ticket);
  };
  const first = await resumableMap({ ...options, fn, attempts: 2, maxFailed: 1 });
  expect(first.failed).toEqual([{ key: "t1", reason: "Busy", final: false }]);
  const second = await resumableMap({ ...options, fn });
  expect(second.failed).toEqual([]);
  expect(asked).toBe(4);
});

it("says that a call is made again, and what fn threw in the end is the cause of the error", async () => {
  const { options } = setUp(tickets(1));
  const bug = new TypeError("No such field");
  const retries: unknown[] = [];
  const error = await resumableMap({
    ...options,
    fn: async () => {
      throw bug;
    },
    attempts: 2,
    onEvent: (event) => event.type === "retry" && retries.push(event),
  }).catch((error: unknown) => error);
  expect(retries).toEqual([{ type: "retry", step: "replies", message: "No such field", delayMs: expect.any(Number) }]);
  expect(error).toBeInstanceOf(TooManyFailuresError);
  expect((error as Error).cause).toBe(bug);
});

it("a fatal failure stops the run at once", async () => {
  const { options } = setUp(tickets(500));
  let asked = 0;
  const fn = async () => {
    asked++;
    throw new CallError("fatal", "wrong key", "The key is wrong");
  };
  await expect(resumableMap({ ...options, fn: fn as never, concurrency: 3 })).rejects.toThrow("The key is wrong");
  expect(asked).toBeLessThanOrEqual(3);
});

it("nowhere to put answers refuses the first call", async () => {
  const { options } = setUp(tickets(3));
  await expect(resumableMap({ ...options, answers: new Answers(undefined) })).rejects.toThrow(UnwritableAnswersError);
  expect(options.fn).not.toHaveBeenCalled();
});

it("answers that can no longer be written stop the calls", async () => {
  const { options, storage } = setUp(tickets(1000));
  const store = await AnswerStore.open(storage);
  const put = store.put.bind(store);
  let kept = 0;
  store.put = async (answer) => {
    if (++kept > 20) throw new UnwritableAnswersError("no space is left");
    await put(answer);
  };
  store.ready = async () => {
    if (kept > 20) throw new UnwritableAnswersError("no space is left");
  };
  await expect(resumableMap({ ...options, answers: new Answers(store), concurrency: 4 })).rejects.toThrow(
    UnwritableAnswersError,
  );
  expect(options.fn.mock.calls.length).toBeLessThanOrEqual(25);
});

it("rows that others saved under the name are not replaced unless told", async () => {
  const { options, checkpointManager } = setUp(tickets(3));
  await checkpointManager.saveCheckpoint("replies", rowsOf(tickets(1)), Reply);
  await expect(resumableMap(options)).rejects.toThrow(StaleCheckpointError);
  await expect(resumableMap(options)).rejects.toThrow(/nothing says what made them; "remake" for onUnknown/);
  await resumableMap({ ...options, onUnknown: "remake" });
  expect(await checkpointManager.loadCheckpoint("replies", Reply)).toHaveLength(3);
});

it("a function that returns no row stops the map, and nothing of it is kept", async () => {
  const { type: _, ...options } = setUp(tickets(3)).options;
  await expect(resumableMap({ ...options, fn: async () => 5 as never })).rejects.toThrow(/a row is an object, it is 5/);
  const { rows } = await resumableMap({ ...options, fn: async ({ id }) => ({ id }) });
  expect(await collected(rows())).toEqual([{ id: "t0" }, { id: "t1" }, { id: "t2" }]);
});

it("another version makes every row anew", async () => {
  const { options, calls } = setUp(tickets(4));
  await resumableMap({ ...options, version: "prompt 1" });
  await resumableMap({ ...options, version: "prompt 2" });
  expect(calls).toHaveLength(8);
});

it("inputs with one key, unknown options and bad numbers are refused", async () => {
  const { options } = setUp([...tickets(3), tickets(1)[0]!]);
  await expect(resumableMap(options)).rejects.toThrow('inputs 0 and 3 have the same key "t0"');
  await expect(resumableMap({ ...options, concurency: 3 } as never)).rejects.toThrow(TypeError);
  await expect(resumableMap({ ...options, inputs: tickets(1), concurrency: 0 })).rejects.toThrow(RangeError);
  await expect(resumableMap({ ...options, inputs: tickets(1), maxFailed: -1 })).rejects.toThrow(RangeError);
});

it("an answer that does not fit the row type is asked for again, and is then a failure", async () => {
  const { options } = setUp(tickets(1));
  const fn = vi.fn(async () => ({ id: "t0", urgency: "high" }) as never);
  const result = await resumableMap({ ...options, fn, maxFailed: 1, attempts: 3 });
  expect(result.failed).toHaveLength(1);
  expect(result.failed[0]!.reason).toContain("urgency");
});

const Score = (most: number) => z.object({ id: z.string(), score: z.number().max(most) });

it("a row that its schema refuses is a failure of that row, kept: what was paid for it fits another schema without a call", async () => {
  const { type: _, fn: _fn, ...options } = setUp(tickets(200)).options;
  let calls = 0;
  const fn = async ({ id }: Ticket) => {
    calls += 1;
    return { id, score: id === "t7" ? 1.5 : 0.5 };
  };
  const first = await resumableMap({ ...options, fn, type: Score(1) });
  expect(first.failed).toEqual([{ key: "t7", reason: expect.stringContaining("score"), final: true }]);
  expect(await collected(first.rows())).toHaveLength(199);
  expect(calls).toBe(202);
  const second = await resumableMap({ ...options, fn, type: Score(1) });
  expect(second.failed).toHaveLength(1);
  expect(calls).toBe(202);
  const third = await resumableMap({ ...options, fn, type: Score(2) });
  expect(third.failed).toEqual([]);
  expect((await collected(third.rows()))[7]).toEqual({ id: "t7", score: 1.5 });
  expect(calls).toBe(202);
});

it("a row that its schema refuses is asked for again if that is wanted, once in a run", async () => {
  const { type: _, fn: _fn, ...options } = setUp(tickets(200)).options;
  let asked = 0;
  let score = 2;
  const fn = async ({ id }: Ticket) => {
    if (id !== "t7") return { id, score: 0 };
    asked += 1;
    return { id, score };
  };
  await resumableMap({ ...options, fn, type: Score(1) });
  expect(asked).toBe(3);
  score = 1;
  const { failed, tally } = await resumableMap({ ...options, fn, type: Score(1), retryFailed: true });
  expect(failed).toEqual([]);
  expect(tally).toMatchObject({ paid: 1, reused: 199, rebought: 1 });
  expect(asked).toBe(4);
});

it("what fn returns goes through the schema once, as what is saved does: defaults, transforms, fields that it strips", async () => {
  const Row = rowType({
    name: "rows",
    schema: z.object({
      id: z.string(),
      mood: z.string().default("calm"),
      kind: z.string().nullable().default("plain"),
      times: z.number().transform((n) => n * 10),
      length: z
        .string()
        .transform((text) => text.length)
        .pipe(z.int()),
      note: z.string().optional(),
      big: z.bigint(),
      vector: z.instanceof(Float32Array),
    }),
    columns: { vector: { type: "vector", length: 2 } },
  });
  const made = { id: "a", times: 1, length: "four", big: 5n, vector: new Float32Array([0.1, -0]), more: "stripped" };
  const { checkpointManager } = setUp([]);
  const map = async () =>
    await resumableMap({
      name: "rows",
      inputs: ["a"],
      key: String,
      fn: async () => made as never,
      type: Row,
      checkpointManager,
    });
  const row = {
    id: "a",
    mood: "calm",
    kind: "plain",
    times: 10,
    length: 4,
    note: null,
    big: 5n,
    vector: new Float32Array([0.1, -0]),
  };
  expect(await collected((await map()).rows())).toEqual([row]);
  await checkpointManager.deleteCheckpoint("rows");
  const again = await map();
  expect(await collected(again.rows())).toEqual([row]);
  expect(again.tally.paid).toBe(0);
  await checkpointManager.saveCheckpoint("saved", [made as never], Row);
  expect(await checkpointManager.loadCheckpoint("saved", Row)).toEqual([row]);
});

it("refuses what is no function, no input and no key, before anything is called", async () => {
  const { options, calls } = setUp(tickets(3));
  const refuse = async (change: object, message: RegExp) =>
    await expect(resumableMap({ ...options, ...change } as never)).rejects.toThrow(message);
  await refuse({ fn: undefined }, /fn is a function, not nothing/);
  await refuse({ key: "id" }, /key is a function, not the text "id"/);
  await refuse({ inputs: undefined }, /inputs is an array, or a function that gives an iterable; it is nothing/);
  await refuse({ inputs: [{ id: "a" }, undefined], key: () => "k" }, /^Cannot map input 1: nothing is not JSON$/);
  await refuse({ checkpointManager: "./checkpoints" }, /checkpointManager is one, such as .*; it is the text/);
  await refuse({ key: () => 3 }, /input 0: its key is 3, not a text/);
  expect(calls).toEqual([]);
});

it("says of a function that returns no row what it returned, with a row type or without", async () => {
  const { options } = setUp(tickets(1));
  const fn = async () => undefined as never;
  for (const type of [Reply, undefined])
    await expect(resumableMap({ ...options, type, fn } as never)).rejects.toThrow(
      /^Cannot keep what fn returned for "t0": a row is an object, it is nothing$/,
    );
});

it.each([
  [{ at: new Date(0) }, 'field "at": a Date is not JSON; give its toISOString()'],
  [{ scores: [Number.NaN] }, 'field "scores[0]": NaN is not JSON'],
])("what cannot be kept is not paid for again and again: %j", async (made, why) => {
  const { type: _, ...options } = setUp(tickets(100)).options;
  const fn = vi.fn(async () => made);
  const error = resumableMap({ ...options, fn, concurrency: 1 });
  await expect(error).rejects.toThrow(`Cannot keep what fn returned for "t0": ${why}`);
  expect(fn).toHaveBeenCalledTimes(1);
});

it("without a row type rows have the fields that any of them has, as if all had been given at once", async () => {
  const { type: _, fn: _fn, checkpointManager, ...options } = setUp(tickets(600)).options;
  let calls = 0;
  const fn = async ({ id }: Ticket) => {
    calls += 1;
    if (id === "t5") throw new CallError("final", "refused", "No");
    return id === "t599" ? { id, late: 1 } : id === "t2" ? { second: true, id } : { id };
  };
  const { rows, failed, tally } = await resumableMap({ ...options, checkpointManager, fn });
  const all = tickets(600).filter(({ id }) => id !== "t5");
  const whole = ({ id }: Ticket) => ({ id, second: id === "t2" ? true : null, late: id === "t599" ? 1 : null });
  expect(await collected(rows())).toEqual(all.map(whole));
  expect(failed).toHaveLength(1);
  expect(tally).toMatchObject({ paid: 600, reused: 0 });
  const info = await checkpointManager.getCheckpointInfo("replies");
  expect(info?.columns.map(({ name }) => name)).toEqual(["id", "second", "late"]);
  const given = await checkpointManager.saveCheckpoint("given", all.map(whole));
  expect(info?.revision?.rowHash).toBe(given.revision?.rowHash);
  expect((await resumableMap({ ...options, checkpointManager, fn })).tally.paid).toBe(0);
  expect(calls).toBe(600);
});

it("notices another row type: rows are made anew of what was returned, where that fits, without a call", async () => {
  const { options, calls, checkpointManager } = setUp(tickets(4));
  await resumableMap(options);
  const Smaller = rowType({ name: "replies", key: "id", columns: Reply.columns.slice(0, 2) });
  const { rows, tally } = await resumableMap({ ...options, type: Smaller } as unknown as typeof options);
  expect(Object.keys((await collected(rows()))[0]!)).toEqual(["id", "urgency"]);
  expect(tally).toMatchObject({ paid: 0, reused: 4 });
  expect((await checkpointManager.getCheckpointInfo("replies"))?.columns).toHaveLength(2);
  const Other = rowType({ name: "replies", key: "id", columns: [...Smaller.columns, { name: "more", type: "text" }] });
  await expect(resumableMap({ ...options, type: Other } as unknown as typeof options)).rejects.toThrow(
    /1 row could not be made.*more: a text is needed/,
  );
  expect(calls).toHaveLength(4);
});

it("a schema that says something else of the same columns is another row type: rows are made anew, without a call", async () => {
  const { checkpointManager } = setUp([]);
  let calls = 0;
  const map = async (type: z.ZodType<{ n: number; more: number }, { n: number }> | undefined, name = "rows") => {
    const result = await resumableMap({
      name: "rows",
      inputs: [1, 2, 30],
      key: String,
      fn: async (n) => {
        calls += 1;
        return { n } as never;
      },
      type: type && rowType({ name, schema: type }),
      checkpointManager,
      maxFailed: 3,
    });
    return await collected(result.rows() as AsyncIterable<object>);
  };
  const Row = (least: number, more: number) => z.object({ n: z.number().min(least), more: z.number().default(more) });
  const all = (more: number) => [1, 2, 30].map((n) => ({ n, more }));
  expect(await map(Row(0, 7))).toEqual(all(7));
  expect(await map(Row(0, 8))).toEqual(all(8));
  expect(await map(Row(5, 8))).toEqual([{ n: 30, more: 8 }]);
  expect(await map(Row(0, 8))).toEqual(all(8));
  const { revision } = (await checkpointManager.getCheckpointInfo("rows"))!;
  expect(await map(Row(0, 8))).toEqual(all(8));
  expect((await checkpointManager.getCheckpointInfo("rows"))!.revision).toEqual(revision);
  // What a function in it does no schema tells; a name of the row type does.
  const Even = Row(0, 8).refine(({ n }) => n % 2 === 0);
  expect(await map(Even)).toEqual(all(8));
  expect(await map(Even, "even")).toEqual(all(8).slice(1));
  expect(calls).toBe(3);
});

it.each<[string, RegExp, (first: readonly Ticket[]) => Ticket[]]>([
  ["nothing, as an iterator that is used up", /they ended after 0 of 3/, () => []],
  ["less", /they ended after 2 of 3/, (first) => first.slice(0, 2)],
  ["more", /more than the 3 of the first time/, () => tickets(4)],
  ["another order", /input 0 was another one/, (first) => [...first].reverse()],
  [
    "another value under the same key",
    /input 2 was another one/,
    (first) => [...first.slice(0, 2), { id: "t2", text: "" }],
  ],
])("inputs that give %s the second time are an error, and publish nothing", async (_, message, again) => {
  const { options, checkpointManager, calls } = setUp(tickets(2));
  await resumableMap(options);
  const before = await checkpointManager.getCheckpointInfo("replies");
  let times = 0;
  const inputs = () => (times++ === 0 ? tickets(3) : again(tickets(3)));
  const error: unknown = await resumableMap({ ...options, inputs }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(KuraError);
  expect(String(error)).toMatch(message);
  expect(await checkpointManager.getCheckpointInfo("replies")).toEqual(before);
  expect(await collected((await resumableMap({ ...options, inputs: tickets(3) })).rows())).toEqual(rowsOf(tickets(3)));
  expect(calls.toSorted()).toEqual(["t0", "t1", "t2"]);
});

it("refuses a kind of failure that is none", () => {
  expect(() => new CallError("permanent" as never, "gone", "It is gone")).toThrow(/kind "permanent"/);
});

it("fn that saves the checkpoint it is called for is told so, instead of waiting for itself", async () => {
  const { checkpointManager, options } = setUp(tickets(1));
  const fn = async () => {
    await checkpointManager.saveCheckpoint("replies", [], Reply);
    return rowsOf(tickets(1))[0]!;
  };
  await expect(resumableMap({ ...options, fn, attempts: 1 })).rejects.toThrow(/from within a save of it/);
});
