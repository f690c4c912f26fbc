import { expect, it } from "vitest";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { FORMS } from "./form.js";
import { PARENT, perform, Subject } from "./subject.js";

const EACH = FORMS.map((form) => [form.name, form] as const);

/** A disk on which nothing of what the manager made before is left. */
async function emptied(): Promise<PowerLossFileSystem> {
  const fs = new PowerLossFileSystem();
  await fs.mkdir(PARENT);
  await fs.syncDirectory("/");
  return fs;
}

it.each(EACH)(
  "%s: a manager goes on saving when somebody removes the checkpoint directory under it",
  async (_, form) => {
    const subject = new Subject(form);
    await subject.season();
    const disk = await emptied();
    await perform(subject.on(disk), { do: "save", label: "A" });
    expect(await form.viewOf(disk)).toMatch(/^A@/);
    for (const state of disk.crashStates({ cap: 500 }).states) expect(await form.viewOf(state)).toMatch(/^A@/);
  },
);

it.each(EACH)(
  "%s: a manager goes on saving when somebody removes .kura under it, and keeps what is there as not ours",
  async (_, form) => {
    const subject = new Subject(form);
    await subject.season();
    const disk = await emptied();
    await form.writeForeign(disk, "P");
    await perform(subject.on(disk), { do: "save", label: "A" });
    expect(await form.viewOf(disk)).toMatch(/^A@/);
    const revisions = await subject.on(disk).listRevisions("notes");
    expect(revisions.map(({ ours }) => ours)).toEqual([true, false]);
  },
);
