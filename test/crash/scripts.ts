import type { Operation } from "./subject.js";

const save = (label: string, madeFrom?: number): Operation => ({
  do: "save",
  label,
  ...(madeFrom !== undefined && { madeFrom }),
});
const remove: Operation = { do: "delete" };
const restore: Operation = { do: "restore" };
const foreign = (label: string): Operation => ({ do: "foreign", label });

/** Each ends in a save, so that what a crash leaves is also recovered from and saved over. */
export const SCRIPTS: Readonly<Record<string, readonly Operation[]>> = {
  "a first save": [save("A"), save("B")],
  "three saves": [save("A"), save("B"), save("C"), save("D")],
  "the same bytes again, made from something else": [save("A", 1), save("A", 2), save("A", 3)],
  "a delete": [save("A"), remove, save("B")],
  "an overwrite and a delete": [save("A"), save("B"), remove, save("C")],
  "two deletes": [save("A"), remove, remove, save("B")],
  "a save over another program's file": [foreign("P"), save("B"), save("C")],
  "a save over another program's rewriting": [save("A"), foreign("P"), save("B"), save("C")],
  "a delete of another program's file": [foreign("P"), remove, save("B")],
  "an adoption": [foreign("P"), { do: "adopt" }, save("B")],
  "a restore": [save("A"), save("B"), restore, save("C")],
  "two restores": [save("A"), save("B"), restore, restore],
};
