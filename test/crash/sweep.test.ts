import { expect, it } from "vitest";
import { KuraError } from "../../src/errors.js";
import { crashStates } from "../support/crash-states.js";
import { canBefall, FAULT_CODES, faulty } from "../support/fault-file-system.js";
import { interceptFileSystem } from "../support/intercept-file-system.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { FORMS, type Form, JSONL } from "./form.js";
import { LONG, SEED } from "./scale.js";
import { buryLockHolders, NAME, PARENT, perform, Subject } from "./subject.js";

/** Everything but what stands. */
const ALL = { keepRevisions: 0, displacedBefore: new Date(8.64e15) };

/** A checkpoint with two earlier revisions, and one file of another program that was displaced. */
async function used(form: Form): Promise<PowerLossFileSystem> {
  const fs = new PowerLossFileSystem();
  await fs.mkdir(PARENT);
  await fs.syncDirectory("/");
  const subject = new Subject(form, { keepRevisions: 3 });
  for (const label of ["A", "B"]) await perform(subject.on(fs), { do: "save", label });
  await form.writeForeign(fs, "P");
  for (const label of ["C", "D"]) await perform(subject.on(fs), { do: "save", label });
  return fs;
}

const idsOf = async (form: Form, fs: PowerLossFileSystem) =>
  (await form.managerOn(fs).listRevisions(NAME)).map(({ id, current }) => (current ? "current" : id));

it.each(FORMS.map((form) => [form.name, form] as const))("%s: a sweep drops all but what stands", async (_, form) => {
  const fs = await used(form);
  const before = await form.viewOf(fs);
  expect((await idsOf(form, fs)).length).toBeGreaterThan(2);
  const { revisions } = await form.managerOn(fs).sweepCheckpoint(NAME, ALL);
  expect(revisions.some((id) => id.startsWith("f"))).toBe(true);
  expect(await idsOf(form, fs)).toEqual(["current"]);
  expect(await form.viewOf(fs)).toBe(before);
  expect(form.leftovers(fs)).toEqual([]);
});

it.each(FORMS.map((form) => [form.name, form] as const))(
  "%s: whatever fails while revisions are listed, no file stays open",
  async (_, form) => {
    const disk = await used(form);
    const { fileSystem, calls } = faulty(disk);
    await form.managerOn(fileSystem).listRevisions(NAME);
    for (const [at, call] of calls.entries()) {
      if (!canBefall("EIO", call)) continue;
      const fault = { at, code: "EIO", forever: false } as const;
      await form
        .managerOn(faulty(disk, fault).fileSystem)
        .listRevisions(NAME)
        .catch((error: unknown) => expect(error).toBeInstanceOf(KuraError));
      expect(disk.openHandles, `${call.method} ${call.path}`).toBe(0);
    }
  },
);

it.each(FORMS.map((form) => [form.name, form] as const))(
  "%s: a sweep that meets a fault leaves what stands, and the next one ends it",
  async (_, form) => {
    const start = await used(form);
    const standing = await form.viewOf(start);
    const { fileSystem, calls } = faulty(start.clone());
    await form.managerOn(fileSystem).sweepCheckpoint(NAME, ALL);
    const faults = calls.flatMap((call, at) =>
      FAULT_CODES.filter((code) => canBefall(code, call)).flatMap((code) =>
        [false, true].map((forever) => ({ at, code, forever, call })),
      ),
    );
    const wrong: string[] = [];
    let tried = 0;
    for (const [i, { call, ...fault }] of faults.entries()) {
      const isSlow = fault.forever && call.path.includes("/locks/");
      if (!LONG && (isSlow || (i + SEED) % (form === JSONL ? 15 : 30) !== 0)) continue;
      tried += 1;
      const disk = start.clone();
      const say = (text: string) => wrong.push(`${fault.code} at ${fault.at}, ${call.method} ${call.path}: ${text}`);
      await form
        .managerOn(faulty(disk, fault).fileSystem, { lockWaitMs: 8_000 })
        .sweepCheckpoint(NAME, ALL)
        .catch((error: unknown) => error instanceof KuraError || say(String(error)));
      if ((await form.viewOf(disk)) !== standing) say(`it leaves ${await form.viewOf(disk)}`);
      if (disk.openHandles > 0) say("files stay open");
      await form.managerOn(disk).sweepCheckpoint(NAME, ALL);
      if ((await idsOf(form, disk)).join() !== "current") say(`the next leaves ${await idsOf(form, disk)}`);
      await perform(form.managerOn(disk), { do: "save", label: "Z" });
      if (!(await form.viewOf(disk)).startsWith("Z@")) say("the next save does not read");
    }
    if (LONG) console.log(`${form.name}: ${tried} of ${faults.length} faults of a sweep, seed ${SEED}`);
    expect(wrong).toEqual([]);
    expect(tried).toBeGreaterThan(5);
  },
);

it.each(FORMS.map((form) => [form.name, form] as const))(
  "%s: power that is lost at any call of a sweep leaves what stands, and every revision that is listed",
  async (_, form) => {
    const start = await used(form);
    const standing = await form.viewOf(start);
    const moments: PowerLossFileSystem[] = [];
    const disk = start.clone();
    const watched = interceptFileSystem(disk, async (_call, run) => {
      moments.push(disk.clone());
      return await run();
    });
    await form.managerOn(watched).sweepCheckpoint(NAME, ALL);
    moments.push(disk.clone());
    let states = 0;
    for (const moment of LONG ? moments : moments.filter((_, i) => i % 4 === SEED % 4)) {
      for (const state of crashStates(moment, { cap: LONG ? 200 : 3, seed: SEED }).states) {
        buryLockHolders(state);
        expect(await form.viewOf(state)).toBe(standing);
        const manager = form.managerOn(state);
        for (const { id, current } of await manager.listRevisions(NAME)) {
          if (current) continue;
          const opened = await manager.openRevision(NAME, id);
          await opened.check();
          await opened.close();
        }
        states += 1;
      }
    }
    if (LONG) console.log(`${form.name}: ${states} crash states of ${moments.length} instants of a sweep`);
    expect(states).toBeGreaterThan(moments.length / 4);
  },
);
