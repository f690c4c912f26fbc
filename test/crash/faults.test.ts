import { afterAll, describe, expect, it } from "vitest";
import { StorageError } from "../../src/errors.js";
import { canBefall, FAULT_CODES, type Fault, faulty, shortTransfers } from "../support/fault-file-system.js";
import type { FileSystemCall } from "../support/intercept-file-system.js";
import { faultsOf, outcomeOf, type PlannedFault, type Situation, situations } from "./faults.js";
import { FORMS, JSONL } from "./form.js";
import { LONG, SEED, WIDE } from "./scale.js";
import { labelOf, NAME, NoteType, perform, Subject } from "./subject.js";

const SITUATIONS = (await Promise.all(FORMS.map(situations))).flat();
/** One of so many faults is tried. */
const everyOf = ({ form }: Situation): number => (form === JSONL ? (LONG ? 1 : 8) : WIDE ? 1 : 24);
const counts = { faults: 0, possible: 0, transfers: 0 };

afterAll(() => {
  console.log(
    `faults, seed ${SEED}: ${counts.faults} of ${counts.possible} possible ones met, ${counts.transfers} operations on short transfers`,
  );
});

/**
 * A lock whose content could not be written and that could not be taken away either is only known as dead by its silence, 5 s. That
 * is right, and slow to watch.
 */
function isSlow({ forever, call }: PlannedFault): boolean {
  return forever && call.method === "file.write" && call.path.includes("/locks/");
}

describe("an operation that meets a fault says so in our words and leaves old or new, whole", () => {
  it.each(SITUATIONS.map((situation) => [`${situation.form.name}: ${situation.name}`, situation] as const))(
    "%s",
    async (_, situation) => {
      const possible = await faultsOf(situation);
      const faults = possible.filter((fault, i) => (LONG || !isSlow(fault)) && (i + SEED) % everyOf(situation) === 0);
      const wrong: string[] = [];
      for (const fault of faults) {
        const outcome = await outcomeOf(situation, fault);
        const { code, forever, call } = fault;
        if (outcome)
          wrong.push(
            `${code} ${forever ? "from" : "once at"} call ${fault.at}, ${call.method} ${call.path}: ${outcome}`,
          );
      }
      counts.faults += faults.length;
      counts.possible += possible.length;
      expect(wrong).toEqual([]);
      expect(faults.length).toBeGreaterThan(situation.form === JSONL ? 12 : 10);
    },
  );
});

it("an earlier revision that cannot be dropped now is dropped by the next save, with its parts", async () => {
  const overwrite = SITUATIONS.find(({ form, name }) => form !== JSONL && name === "an overwrite")!;
  const faults = (await faultsOf(overwrite)).filter(
    ({ call: { method, path } }) => method === "unlink" && /\.(data|json)$|\/data-/.test(path),
  );
  for (const fault of faults) expect(await outcomeOf(overwrite, fault), JSON.stringify(fault)).toBeUndefined();
  expect(faults.length).toBeGreaterThan(20);
});

describe("a reader that meets a fault gets the right rows or an error of ours", () => {
  it.each(
    SITUATIONS.filter(({ name }) => name !== "a first save").map(
      (situation) => [`${situation.form.name}: ${situation.name}`, situation] as const,
    ),
  )("before %s", async (_, { form, before }) => {
    const wanted = await form.viewOf(before);
    const calls: FileSystemCall[] = [];
    const wrong: string[] = [];
    const read = async (fault?: Fault): Promise<void> => {
      const disk = before.clone();
      const { fileSystem, calls: made } = faulty(disk, fault);
      try {
        const rows = await form.managerOn(fileSystem).loadCheckpoint(NAME, NoteType);
        const names = await form.managerOn(fileSystem).listCheckpoints();
        await form.managerOn(fileSystem).listRevisions(NAME);
        if (labelOf(rows ?? []) !== wanted.replace(/^foreign /, "").split("@")[0])
          wrong.push(`${JSON.stringify(fault)}: ${labelOf(rows ?? [])}`);
        if (names.join() !== NAME) wrong.push(`${JSON.stringify(fault)}: listed ${names}`);
      } catch (error) {
        if (!(error instanceof StorageError)) wrong.push(`${JSON.stringify(fault)}: ${String(error)}`);
      }
      calls.push(...(fault ? [] : made));
      if (disk.openHandles > 0) wrong.push(`${JSON.stringify(fault)}: ${disk.openHandles} files stay open`);
    };
    await read();
    expect(wrong).toEqual([]);
    const every = WIDE || form === JSONL ? 1 : 6;
    for (const [at, call] of calls.entries()) {
      if ((at + SEED) % every !== 0) continue;
      for (const code of FAULT_CODES.filter((code) => canBefall(code, call))) {
        for (const forever of [false, true]) await read({ at, code, forever });
      }
    }
    expect(wrong).toEqual([]);
    expect(calls.length).toBeGreaterThan(10);
  });
});

describe("an operation that gets and gives a few bytes at a time does what it does otherwise", () => {
  it.each(SITUATIONS.map((situation) => [`${situation.form.name}: ${situation.name}`, situation] as const))(
    "%s",
    async (_, { form, before, operation }) => {
      const whole = before.clone();
      await perform(new Subject(form).on(whole), operation);
      const wanted = (await form.viewOf(whole)).split("@")[0];
      for (const [from, atMost] of [
        [0, 1],
        [0, 7],
        [0, 100],
        [3, 7],
        [10, 7],
        [20, 7],
      ] as const) {
        const disk = before.clone();
        await perform(new Subject(form).on(shortTransfers(disk, { from, atMost })), operation);
        expect((await form.viewOf(disk)).split("@")[0]).toBe(wanted);
        expect((await form.viewOf(shortTransfers(disk, { atMost: 3 }))).split("@")[0]).toBe(wanted);
        expect(disk.openHandles).toBe(0);
        counts.transfers += 1;
      }
    },
  );
});
