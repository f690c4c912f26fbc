// A process to be killed: saves to three formats at once, deletes and syncs in a loop, and says on its standard output what it is about to
// do, where which copy is, and what it did. Arguments: the built library, the checkpoint directory, the first number, and
// "<number>:<copy>:<phase>" to stop at.
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { notesNumbered, operationNumbered } from "./kill-plan.mjs";

const [library, directory, first, stopAt] = process.argv.slice(2);
const load = async (path) => await import(pathToFileURL(`${library}/checkpoints/${path}`).href);
const { JSONLCheckpointManager } = await load("jsonl-checkpoint-manager.js");
const { ParquetCheckpointManager } = await load("parquet-checkpoint-manager.js");
const { HFDatasetCheckpointManager } = await load("hf-dataset-checkpoint-manager.js");
const { MultiCheckpointManager } = await load("multi/multi-checkpoint-manager.js");

// Written at once: what was said before a kill was said.
const say = (line) => writeSync(1, `${line}\n`);
let number = Number(first);
const options = (copy) => ({
  onPhase(phase) {
    say(`phase ${copy}:${phase}`);
    // What waits for it stays reachable: else its open files are closed when garbage is collected, with a complaint.
    if (`${number}:${copy}:${phase}` === stopAt) return new Promise((go) => setInterval(() => go === undefined, 1000));
  },
});
const checkpoints = new MultiCheckpointManager([
  new JSONLCheckpointManager(directory, options(0)),
  new ParquetCheckpointManager(directory, options(1)),
  new HFDatasetCheckpointManager(directory, options(2)),
]);

for (; ; number++) {
  const operation = operationNumbered(number);
  say(`begin ${number}`);
  if (operation === "save") await checkpoints.saveCheckpoint("notes", notesNumbered(number));
  else if (operation === "delete") await checkpoints.deleteCheckpoint("notes");
  else await checkpoints.sync();
  say(`done ${number}`);
}
