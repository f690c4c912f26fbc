// A process to be killed: saves, restores and deletes in a loop, and says on its standard output what it is about to do, where it is,
// and what it did. Arguments: the built library, module and name of the manager, the checkpoint directory, the first number, and "<number>:<phase>" to
// stop at.
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { notesNumbered, operationNumbered } from "./kill-plan.mjs";

const [library, module, name, directory, first, stopAt] = process.argv.slice(2);
const { [name]: Manager } = await import(pathToFileURL(`${library}/checkpoints/${module}.js`).href);

// Written at once: what was said before a kill was said.
const say = (line) => writeSync(1, `${line}\n`);
let number = Number(first);
const checkpoints = new Manager(directory, {
  onPhase(phase) {
    say(`phase ${phase}`);
    if (`${number}:${phase}` === stopAt) return new Promise(() => setInterval(() => {}, 1000));
  },
});
const type = {
  name: "note",
  key: "id",
  columns: ["id", "label", "text"].map((name) => ({ name, type: "text" })),
};

for (; ; number++) {
  const operation = operationNumbered(number);
  say(`begin ${number}`);
  if (operation === "save") {
    await checkpoints.saveCheckpoint("notes", notesNumbered(number), type);
  } else if (operation === "delete") {
    await checkpoints.deleteCheckpoint("notes");
  } else {
    const earlier = (await checkpoints.listRevisions("notes")).find(({ current }) => !current);
    if (earlier) await checkpoints.restoreRevision("notes", earlier.id);
  }
  say(`done ${number}`);
}
