import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { sendCheckpoint } from "../../src/checkpoints/send-checkpoint.js";
import { DivergedError, MissingCheckpointError } from "../../src/errors.js";
import { rowType } from "../../src/rows/row-type.js";
import { MemoryStorage } from "../../src/storage/memory.js";

const Note = rowType({ name: "notes", key: "id", columns: [{ name: "id", type: "text" }] });
const notes = (count: number) => Array.from({ length: count }, (_, n) => ({ id: `n${n}` }));

let here: JSONLCheckpointManager;
let there: ParquetCheckpointManager;
beforeEach(() => {
  here = new JSONLCheckpointManager(new MemoryStorage());
  there = new ParquetCheckpointManager(new MemoryStorage());
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});
const save = (manager: JSONLCheckpointManager | ParquetCheckpointManager, count: number) => {
  // Of two that know nothing of each other, the millisecond says which is the later.
  vi.advanceTimersByTime(1);
  return manager.saveCheckpoint("notes", notes(count), Note, { madeFrom: { count }, missing: ["gone"] });
};
const send = (options = {}) => sendCheckpoint(here, there, "notes", options);
const sendBack = (options = {}) => sendCheckpoint(there, here, "notes", options);
const rowsThere = async () => (await there.loadCheckpoint("notes", Note))?.length;

describe("sendCheckpoint", () => {
  it("brings rows and all that is known of them, as the same revision, once", async () => {
    const { revision } = await save(here, 3);
    expect(await send()).toMatchObject({ sent: true });
    expect(await there.getCheckpointInfo("notes")).toMatchObject({
      revision,
      fingerprint: { count: 3 },
      missing: ["gone"],
      rows: 3,
    });
    expect(await send()).toMatchObject({ sent: false });
    expect(await sendBack()).toMatchObject({ sent: false });
    expect(await there.listRevisions("notes")).toHaveLength(1);
  });

  it("brings what tells the schema that rows have gone through: they do not go through it again", async () => {
    const Times = z.object({ id: z.string(), times: z.number().transform((n) => n * 10) });
    await here.saveCheckpoint("notes", [{ id: "a", times: 1 }], Times);
    await send();
    expect(await there.loadCheckpoint("notes", Times)).toEqual([{ id: "a", times: 10 }]);
  });

  it("follows what was sent before, also over states that never were", async () => {
    await save(here, 1);
    await send();
    await save(here, 2);
    await save(here, 3);
    await save(here, 4);
    expect(await send()).toMatchObject({ sent: true });
    expect(await rowsThere()).toBe(4);
    await save(there, 5);
    expect(await sendBack()).toMatchObject({ sent: true });
  });

  it("does not take back what is newer there", async () => {
    await save(here, 1);
    await send();
    await save(there, 2);
    await expect(send()).rejects.toThrow(/it is newer than this one; fetch that first, or replace it/);
    expect(await rowsThere()).toBe(2);
    expect(await send({ replace: true })).toMatchObject({ sent: true });
    expect(await rowsThere()).toBe(1);
    expect((await there.listRevisions("notes")).map(({ rows }) => rows)).toEqual([1, 2]);
  });

  it("does not displace what went another way", async () => {
    await save(there, 2);
    await save(here, 1);
    await expect(send()).rejects.toThrow(DivergedError);
    const { revision } = (await here.getCheckpointInfo("notes"))!;
    await send({ replace: true });
    expect((await there.getCheckpointInfo("notes"))!.revision).toEqual(revision);
  });

  it("the same rows that were made twice are no quarrel", async () => {
    await save(there, 2);
    await save(here, 2);
    expect(await send()).toMatchObject({ sent: true });
  });

  it("brings nothing back that was deleted there, but what was saved since", async () => {
    await save(here, 1);
    await send();
    await there.deleteCheckpoint("notes");
    await expect(send()).rejects.toThrow(DivergedError);
    await send({ replace: true });
    expect(await rowsThere()).toBe(1);
  });

  it("what is not there cannot be sent", async () => {
    await expect(send()).rejects.toThrow(MissingCheckpointError);
    await expect(send({ force: true })).rejects.toThrow(/unknown option "force"/);
  });

  it("rows of another program get a revision where they come, and are sent once; other rows take no place by themselves", async () => {
    const foreign = new MemoryStorage();
    const put = async (text: string) => {
      const staged = await foreign.stage("x.tmp", "notes.jsonl");
      await staged.write(Buffer.from(text));
      await staged.seal();
      await staged.publish();
    };
    await put('{"id":"a"}\n');
    const theirs = new JSONLCheckpointManager(foreign);
    expect((await sendCheckpoint(theirs, there, "notes")).info.revision).toBeDefined();
    expect(await sendCheckpoint(theirs, there, "notes")).toMatchObject({ sent: false, info: { rows: 1 } });
    expect(await sendCheckpoint(there, theirs, "notes")).toMatchObject({ sent: false });
    await put('{"id":"b"}\n');
    await expect(sendCheckpoint(theirs, there, "notes")).rejects.toThrow(DivergedError);
  });
});
