import { expect, it } from "vitest";
import { crashStates } from "../support/crash-states.js";
import { canBefall, FAULT_CODES, faulty } from "../support/fault-file-system.js";
import { interceptFileSystem } from "../support/intercept-file-system.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { FORMS, JSONL } from "./form.js";
import { LONG, SEED } from "./scale.js";
import { buryLockHolders, NAME, PARENT, perform, Subject } from "./subject.js";

const form = FORMS.find((one) => one !== JSONL)!;
const CHANGES = ["save", "restore"] as const;

/** A directory whose head somebody removed. */
async function beheaded(): Promise<{ fs: PowerLossFileSystem; id: string }> {
  const fs = new PowerLossFileSystem();
  await fs.mkdir(PARENT);
  await fs.syncDirectory("/");
  const subject = new Subject(form).on(fs);
  for (const label of ["A", "B"]) await perform(subject, { do: "save", label });
  const [current] = await form.managerOn(fs).listRevisions(NAME);
  await fs.unlink(form.head);
  await fs.syncDirectory(form.directory);
  return { fs, id: current!.id };
}

/** Save something else, or have it back. */
const change = async (fs: Parameters<typeof form.managerOn>[0], act: (typeof CHANGES)[number], id: string) =>
  act === "save"
    ? await perform(form.managerOn(fs, { lockWaitMs: 8_000 }), { do: "save", label: "C" })
    : await form.managerOn(fs, { lockWaitMs: 8_000 }).restoreRevision(NAME, id);

/** What is wrong: its rows are neither what stands nor an earlier revision. */
async function problem(fs: PowerLossFileSystem, id: string): Promise<string | undefined> {
  const view = await form.viewOf(fs);
  if (!/^(absent|B@.*|C@.*)$/.test(view)) return `it reads as ${view}`;
  if (view.startsWith("B@")) return undefined;
  const opened = await form
    .managerOn(fs)
    .openRevision(NAME, id)
    .catch((error: unknown) => String(error));
  if (typeof opened === "string") return opened;
  const { rows, verified } = await opened.check();
  await opened.close();
  return rows === undefined || verified !== "bytes" ? `its revision is ${rows} rows, ${verified}` : undefined;
}

it.each(CHANGES)(
  "power that is lost at any call of a %s over a directory without its head takes none of its rows",
  async (act) => {
    const { fs, id } = await beheaded();
    expect(await problem(fs, id)).toBeUndefined();
    const moments: PowerLossFileSystem[] = [];
    const disk = fs.clone();
    const watched = interceptFileSystem(disk, async (_call, run) => {
      moments.push(disk.clone());
      return await run();
    });
    await change(watched, act, id);
    moments.push(disk);
    const wrong: string[] = [];
    let states = 0;
    for (const [at, moment] of moments.entries()) {
      if (!LONG && at % 4 !== SEED % 4) continue;
      for (const state of crashStates(moment, { cap: LONG ? 60 : 3, seed: SEED }).states) {
        buryLockHolders(state);
        const before = await problem(state, id);
        if (before) wrong.push(`after call ${at}: ${before}`);
        await perform(form.managerOn(state), { do: "save", label: "C" });
        const after = await problem(state, id);
        // Two saves are more than what is kept.
        if (after && !after.startsWith("MissingCheckpointError")) wrong.push(`after call ${at} and a save: ${after}`);
        states += 1;
      }
    }
    expect(wrong).toEqual([]);
    expect(states).toBeGreaterThan(10);
    console.log(`a directory without its head, ${act}: power lost in ${states} states, seed ${SEED}`);
  },
  600_000,
);

it.each(CHANGES)(
  "a fault at any call of a %s over a directory without its head takes none of its rows",
  async (act) => {
    const { fs, id } = await beheaded();
    const { fileSystem, calls } = faulty(fs.clone());
    await change(fileSystem, act, id);
    const faults = calls.flatMap((call, at) =>
      FAULT_CODES.filter((code) => canBefall(code, call)).map((code) => ({ at, code, forever: false, call })),
    );
    const wrong: string[] = [];
    let tried = 0;
    for (const [i, { call, ...fault }] of faults.entries()) {
      if (!LONG && (i + SEED) % 12 !== 0) continue;
      const disk = fs.clone();
      await change(faulty(disk, fault).fileSystem, act, id).catch(() => {});
      const what = await problem(disk, id);
      if (what) wrong.push(`${fault.code} at ${fault.at}, ${call.method} ${call.path}: ${what}`);
      tried += 1;
    }
    expect(wrong).toEqual([]);
    expect(tried).toBeGreaterThan(5);
    console.log(`a directory without its head, ${act}: ${tried} faults`);
  },
);
