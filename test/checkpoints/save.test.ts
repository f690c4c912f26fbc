import { readdir } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { CorruptCheckpointError, InvalidRowError, LockedError, StaleCheckpointError } from "../../src/errors.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import { NoteType, newDirectory, note, notes, rejection, Workplace, workplace } from "./notes.js";

describe("saveCheckpoint() without a row type", () => {
  it("takes the fields of all rows of an array", async () => {
    const { manager } = await workplace();
    const rows = [...notes(700), { ...note(700), late: true }];
    await manager.saveCheckpoint("things", rows);
    expect(await manager.loadCheckpoint("things")).toEqual(rows.map((row) => ({ late: null, ...row })));
  });

  it("refuses a field that first appears later in an iterable, says what to do, and the old rows stand", async () => {
    const { manager } = await workplace();
    await manager.saveCheckpoint("things", notes(2));
    for (const rows of [new Set([...notes(700), { ...note(700), late: true }]), lateRows()]) {
      const error = await rejection(manager.saveCheckpoint("things", rows));
      expect(error).toBeInstanceOf(InvalidRowError);
      expect(error).toMatchObject({ row: 700, field: "late" });
      expect(error.message).toBe(
        'Cannot save checkpoint "things" at row 700, field "late": none of the first 256 rows has this field, and without a row type theirs are all there are; give a row type, or the rows as an array',
      );
    }
    expect(await manager.loadCheckpoint("things")).toHaveLength(2);
  });

  it("tells other faults of later rows as they are", async () => {
    const { manager } = await workplace();
    const rows = new Set([...notes(300), { ...note(300), meta: { x: Number.NaN } }]);
    const error = await rejection(manager.saveCheckpoint("things", rows));
    expect(error).toMatchObject({ row: 300, field: "meta.x", message: expect.not.stringContaining("row type") });
    expect(await rejection(manager.saveCheckpoint("things", new Set([note(1), 5 as never])))).toMatchObject({
      row: 1,
      field: "",
    });
  });

  it("keeps fields of every name", async () => {
    const { manager } = await workplace();
    const row = JSON.parse('{"__proto__":{"a":1},"constructor":2,"":3,"10":4,"a.b":5,"toString":null}') as object;
    await manager.saveCheckpoint("things", [row]);
    const [loaded] = (await manager.loadCheckpoint("things"))!;
    expect(JSON.stringify(loaded)).toBe(JSON.stringify(row));
  });
});

async function* lateRows() {
  yield* notes(700);
  yield { ...note(700), late: true };
}

describe("saveCheckpoint() from an iterable", () => {
  it("that loads the same checkpoint works: rows of the old version become those of the new", async () => {
    const { manager } = await workplace();
    await manager.saveCheckpoint("notes", notes(1000), NoteType);
    async function* louder() {
      for await (const row of manager.streamCheckpoint("notes", NoteType))
        yield { ...row, text: row.text.toUpperCase() };
    }
    await manager.saveCheckpoint("notes", louder(), NoteType);
    expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(
      notes(1000).map((row) => ({ ...row, text: row.text.toUpperCase() })),
    );
  });

  it.each(["save", "delete", "restore", "adopt"] as const)(
    "that asks for a %s of the same checkpoint ends at once, in words",
    async (act) => {
      for (const place of [await workplace(), undefined]) {
        const manager = place?.manager ?? new JSONLCheckpointManager(new MemoryStorage());
        for (const count of [3, 4]) await manager.saveCheckpoint("notes", notes(count), NoteType);
        const kept = (await manager.listRevisions("notes"))[1]!.id;
        const acts = {
          save: () => manager.saveCheckpoint("notes", notes(1), NoteType),
          delete: () => manager.deleteCheckpoint("notes"),
          restore: () => manager.restoreRevision("notes", kept),
          adopt: () => manager.adoptCheckpoint("notes", NoteType, { madeFrom: { other: 1 } }),
        };
        async function* rows() {
          yield note(0);
          await new Promise((resolve) => setTimeout(resolve, 5));
          await acts[act]();
          yield note(1);
        }
        const error = await rejection(manager.saveCheckpoint("notes", rows(), NoteType));
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(
          /^Cannot write checkpoint "notes" from within a save of it, whose rows would wait/,
        );
        expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(notes(4));
      }
    },
  );

  it("that saves another checkpoint on its way saves both", async () => {
    const { manager } = await workplace();
    async function* rows() {
      for (const row of notes(3)) {
        await manager.saveCheckpoint("others", [row], NoteType);
        yield row;
      }
    }
    await manager.saveCheckpoint("notes", rows(), NoteType);
    expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(notes(3));
    expect(await manager.loadCheckpoint("others", NoteType)).toEqual([note(2)]);
  });

  it("work that was begun within a save and outlives it may save the same checkpoint", async () => {
    const { manager } = await workplace();
    let later: Promise<unknown> | undefined;
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    async function* rows() {
      yield note(0);
      later = gate.then(() => manager.saveCheckpoint("notes", notes(7), NoteType));
    }
    await manager.saveCheckpoint("notes", rows(), NoteType);
    go();
    await later;
    expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(notes(7));
  });

  it("that never gives its next row ends with the signal, and the name is free again", async () => {
    const { manager } = await workplace();
    await manager.saveCheckpoint("notes", notes(3), NoteType);
    const stop = new AbortController();
    let isClosed = false;
    async function* stuck() {
      try {
        yield note(0);
        await new Promise(() => {});
      } finally {
        isClosed = true;
      }
    }
    const saving = rejection(manager.saveCheckpoint("notes", stuck(), NoteType, { signal: stop.signal }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort(new Error("enough"));
    expect(await saving).toMatchObject({ message: "enough" });
    expect(isClosed).toBe(false);
    await manager.saveCheckpoint("notes", notes(4), NoteType);
    expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(notes(4));
  });

  it("that was only slow is closed after an abort", async () => {
    const { manager } = await workplace();
    const stop = new AbortController();
    let isClosed = false;
    async function* slow() {
      try {
        for (let n = 0; ; n++) {
          yield note(n);
          if (n === 3) stop.abort(new Error("enough"));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        isClosed = true;
      }
    }
    await expect(manager.saveCheckpoint("notes", slow(), NoteType, { signal: stop.signal })).rejects.toThrow("enough");
    await vi.waitFor(() => expect(isClosed).toBe(true), 10_000);
    expect(await manager.loadCheckpoint("notes")).toBeUndefined();
  });

  it("that never ends, without ever waiting, ends with the signal", async () => {
    const { manager } = await workplace();
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 50);
    function* endless() {
      for (let n = 0; ; n++) yield note(n % 1000);
    }
    await expect(manager.saveCheckpoint("notes", endless(), NoteType, { signal: stop.signal })).rejects.toThrow(
      "enough",
    );
    expect(await readdir(manager.location)).toEqual([".kura"]);
  });

  it("that throws, at the first row, later, or while it is closed, leaves the old rows and nothing else", async () => {
    const place = await workplace();
    await place.manager.saveCheckpoint("notes", notes(3), NoteType);
    const before = await place.history();
    for (const at of [0, 1, 300, 999]) {
      function* throwing() {
        for (let n = 0; ; n++) {
          if (n === at) throw new Error(`at ${at}`);
          yield note(n);
        }
      }
      async function* throwingLater() {
        yield* throwing();
      }
      for (const rows of [throwing(), throwingLater()])
        expect(await rejection(place.manager.saveCheckpoint("notes", rows, NoteType))).toMatchObject({
          message: `at ${at}`,
        });
    }
    expect(await place.history()).toEqual(before);
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(3));
  });

  it("closes it when a row is refused, and when the disk is", async () => {
    const { manager } = await workplace();
    let closed = 0;
    async function* rows() {
      try {
        for (let n = 0; n < 2000; n++) yield n === 600 ? { ...note(n), text: 5 as never } : note(n);
      } finally {
        closed++;
      }
    }
    expect(await rejection(manager.saveCheckpoint("notes", rows(), NoteType))).toMatchObject({
      row: 600,
      field: "text",
    });
    expect(closed).toBe(1);
  });
});

describe("what is not possible is said before anything is done", () => {
  it.each<[string, object, RegExp]>([
    ["a function in madeFrom", { madeFrom: { f: () => {} } }, /madeFrom is an object of plain JSON \(f: /],
    ["a bigint in madeFrom", { madeFrom: { n: 2n ** 60n } }, /madeFrom is an object of plain JSON/],
    ["madeFrom that is a text", { madeFrom: "v1" }, /madeFrom is an object of plain JSON \(it is the text "v1"\)/],
    ["madeFrom that is a list", { madeFrom: [1] }, /madeFrom is an object of plain JSON \(it is a list of 1\)/],
    ["missing that is no list", { missing: "chat-1" }, /missing is a list of keys/],
    ["missing keys that are no text", { missing: [1] }, /missing is a list of keys/],
    ["an unknown option", { made: {} }, /unknown option "made"; options are madeFrom, missing, signal/],
  ])("%s", async (_, options, message) => {
    const { manager } = await workplace();
    let taken = false;
    function* rows() {
      taken = true;
      yield note(0);
    }
    const error = await rejection(manager.saveCheckpoint("notes", rows(), NoteType, options as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(message);
    expect(taken).toBe(false);
    expect(await manager.listCheckpoints()).toEqual([]);
  });

  it.each([5, "abc", null, undefined, {}])("rows that are %j", async (rows) => {
    const { manager, directory } = await workplace();
    await expect(manager.saveCheckpoint("notes", rows as never)).rejects.toThrow(TypeError);
    await expect(
      new JSONLCheckpointManager(directory, { enabled: false }).saveCheckpoint("notes", rows as never),
    ).rejects.toThrow(TypeError);
    expect(await readdir(directory)).toEqual([]);
  });

  it("numbers of options that are none", async () => {
    for (const options of [
      { keepRevisions: -1 },
      { keepRevisions: 1.5 },
      { lockWaitMs: -1 },
      { lockWaitMs: Number.NaN },
    ])
      expect(() => new JSONLCheckpointManager("x", options)).toThrow(RangeError);
    expect(() => new JSONLCheckpointManager("")).toThrow(TypeError);
  });

  it("unknown options of every method", async () => {
    const { manager } = await workplace();
    const options = { wait: 1 } as never;
    for (const attempt of [
      () => manager.loadCheckpoint("notes", NoteType, options),
      () => manager.getCheckpointInfo("notes", options),
      () => manager.openCheckpoint("notes", NoteType, options),
      () => manager.deleteCheckpoint("notes", options),
      () => manager.restoreRevision("notes", "x", options),
      () => manager.adoptCheckpoint("notes", NoteType, options),
    ])
      await expect(attempt()).rejects.toThrow(/unknown option "wait"/);
  });
});

describe("madeFrom", () => {
  it("is what it was when the save began", async () => {
    const { manager } = await workplace();
    const madeFrom = { model: { name: "a" } };
    async function* rows() {
      yield note(0);
      madeFrom.model.name = "b";
    }
    await manager.saveCheckpoint("notes", rows(), NoteType, { madeFrom });
    expect((await manager.getCheckpointInfo("notes"))?.fingerprint).toEqual({ model: { name: "a" } });
  });

  it("finds itself again, whatever JSON does to its spelling", async () => {
    const { manager } = await workplace();
    const madeFrom = { zero: -0, large: 2 ** 60, tiny: 1e-7, absent: undefined, text: "\u2028 ü", date: ["2026"] };
    await manager.saveCheckpoint("notes", notes(1), NoteType, { madeFrom });
    expect(await manager.loadCheckpoint("notes", NoteType, { madeFrom })).toHaveLength(1);
    const error = await rejection(manager.loadCheckpoint("notes", NoteType, { madeFrom: { ...madeFrom, more: [1] } }));
    expect(error).toBeInstanceOf(StaleCheckpointError);
    expect(error).toMatchObject({ changes: ["more was nothing and is [1]"] });
  });
});

describe("a listener that throws", () => {
  it("undoes nothing, and is heard of", async () => {
    const thrown: unknown[] = [];
    const heard = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((callback) => {
      try {
        callback();
      } catch (error) {
        thrown.push(String(error));
      }
    });
    try {
      const manager = new JSONLCheckpointManager(await newDirectory(), {
        onEvent: (event) => {
          throw new Error(`cannot show ${event.type}`);
        },
      });
      await manager.saveCheckpoint("notes", notes(2), NoteType);
      expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(notes(2));
      expect(thrown).toContain("Error: cannot show saved");
    } finally {
      heard.mockRestore();
    }
  });
});

describe("two writers of one name", () => {
  it("the second waits, says so once, and gives up in words after lockWaitMs", async () => {
    const place = await workplace({ lockWaitMs: 60 });
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    async function* slow() {
      yield note(0);
      await gate;
    }
    const first = new JSONLCheckpointManager(place.directory).saveCheckpoint("notes", slow(), NoteType);
    await vi.waitFor(async () => expect(await place.history()).toHaveLength(1), 10_000);
    const error = await rejection(place.manager.saveCheckpoint("notes", notes(2), NoteType));
    expect(error).toBeInstanceOf(LockedError);
    expect(error.message).toMatch(
      /notes\.jsonl": process \d+ on .+ has been writing it for the \d+ s that were waited$/,
    );
    expect(place.warnings()).toEqual(["waiting"]);
    go();
    await first;
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual([note(0)]);
  });

  it("waiting ends with the signal, whatever its reason looks like", async () => {
    for (const place of [await workplace({ lockWaitMs: 60_000 }), undefined]) {
      const manager = place?.manager ?? new JSONLCheckpointManager(new MemoryStorage());
      let go = () => {};
      const gate = new Promise<void>((resolve) => {
        go = resolve;
      });
      let isWriting = false;
      async function* slow() {
        isWriting = true;
        yield note(0);
        await gate;
      }
      const first = manager.saveCheckpoint("notes", slow(), NoteType);
      await vi.waitFor(() => expect(isWriting).toBe(true), 10_000);
      const reason = Object.assign(new Error("enough"), { code: "ABORT_ERR" });
      const stop = new AbortController();
      setTimeout(() => stop.abort(reason), 20);
      const other = place ? new Workplace(place.directory, { lockWaitMs: 60_000 }).manager : manager;
      expect(
        await rejection(
          other
            .deleteCheckpoint("notes", { signal: stop.signal })
            .then(() => other.saveCheckpoint("notes", notes(2), NoteType, { signal: stop.signal })),
        ),
      ).toBe(reason);
      go();
      await first;
    }
  });
});

it("what is closed cannot be read, and says so", async () => {
  const { manager } = await workplace();
  await manager.saveCheckpoint("notes", notes(2), NoteType);
  const opened = await manager.openCheckpoint("notes", NoteType);
  await opened!.close();
  await opened!.close();
  await expect(opened!.rows().next()).rejects.toThrow(/Cannot read ".+notes\.jsonl": it is closed/);
  expect(await rejection(opened!.rows().next())).not.toBeInstanceOf(CorruptCheckpointError);
});

it("a manager that is not enabled touches nothing, and still refuses what is impossible", async () => {
  const { directory } = await workplace();
  const manager = new JSONLCheckpointManager(directory, { enabled: false });
  expect(await manager.saveCheckpoint("notes", notes(2), NoteType)).toMatchObject({ files: [], rows: undefined });
  expect(await manager.adoptCheckpoint("notes")).toMatchObject({ files: [] });
  expect(await manager.restoreRevision("notes", "x")).toMatchObject({ files: [] });
  expect(await manager.listRevisions("notes")).toEqual([]);
  await expect(manager.streamCheckpoint("notes").next()).rejects.toThrow(/has none of that name/);
  await expect(manager.saveCheckpoint("../x", [])).rejects.toThrow(TypeError);
  await expect(manager.saveCheckpoint("notes", [], "nope" as never)).rejects.toThrow(TypeError);
  expect(await readdir(directory)).toEqual([]);
});
