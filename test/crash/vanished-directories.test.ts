import { expect, it } from "vitest";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { DIRECTORY, foreignBytes, PARENT, perform, Subject, VISIBLE, viewOf } from "./subject.js";

/** A disk on which nothing of what the manager made before is left. */
async function emptied(): Promise<PowerLossFileSystem> {
  const fs = new PowerLossFileSystem();
  await fs.mkdir(PARENT);
  await fs.syncDirectory("/");
  return fs;
}

it("a manager goes on saving when somebody removes the checkpoint directory under it", async () => {
  const subject = new Subject();
  await subject.season();
  const disk = await emptied();
  await perform(subject.on(disk), { do: "save", label: "A" });
  expect(await viewOf(disk)).toMatch(/^A@/);
  for (const state of disk.crashStates({ cap: 500 }).states) expect(await viewOf(state)).toMatch(/^A@/);
});

it("a manager goes on saving when somebody removes .kura under it, and keeps what is there as not ours", async () => {
  const subject = new Subject();
  await subject.season();
  const disk = await emptied();
  await disk.mkdir(DIRECTORY);
  disk.rewriteInPlace(VISIBLE, foreignBytes("P"));
  await perform(subject.on(disk), { do: "save", label: "A" });
  expect(await viewOf(disk)).toMatch(/^A@/);
  const revisions = await subject.on(disk).listRevisions("notes");
  expect(revisions.map(({ ours }) => ours)).toEqual([true, false]);
});
