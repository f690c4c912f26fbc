// One of several processes that save at once. Arguments: the built library, the directory, its number, how many saves, how many names,
// how many revisions to keep. Says the revision of each save, and its parent.
import { pathToFileURL } from "node:url";
import { NOTES, nameOf, notesOf } from "./saves.mjs";

const [library, directory, me, saves, names, kept] = process.argv.slice(2);
const { JSONLCheckpointManager } = await import(pathToFileURL(`${library}/index.js`).href);
const manager = new JSONLCheckpointManager(directory, { keepRevisions: Number(kept) });
for (let save = 0; save < Number(saves); save++) {
  const name = nameOf(Number(me) + save, Number(names));
  const { revision } = await manager.saveCheckpoint(name, notesOf(`${me}-${save}`), NOTES);
  process.stdout.write(
    `${JSON.stringify({ name, label: `${me}-${save}`, id: revision.id, parent: revision.parent })}\n`,
  );
}
