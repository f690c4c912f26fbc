import type { CheckpointManager, StoredRevision } from "../../checkpoints/checkpoint-manager.js";
import { DIRECTORY_OPTION } from "../args.js";
import type { Command } from "../command.js";
import { EXIT_CODES } from "../command.js";
import { missing, nameOf, openHolder } from "../directory.js";
import { Failure } from "../failure.js";
import { spellRows, spellTime } from "../spell.js";

const OPTIONS = {
  revision: { kind: "text", value: "id", about: "which one, as `kura info` lists them (default: the one before)" },
  ...DIRECTORY_OPTION,
} as const;

export const restore: Command<typeof OPTIONS> = {
  spec: {
    name: "restore",
    about: "Make an earlier revision of a checkpoint the current one, also after somebody removed or damaged its file.",
    argument: "<checkpoint>",
    options: OPTIONS,
    example: "kura restore summaries",
    notes: "What stands now is kept as a revision: restoring again undoes it.",
  },
  async run({ argument, options: { out, format, revision } }, effects) {
    const name = nameOf(argument!);
    const manager = await openHolder(out, name, effects, { format });
    const { wanted, current } = await find(manager, name, revision);
    const restored = await manager.restoreRevision(name, wanted.id, { signal: effects.signal });
    // What was displaced keeps its id; a file of somebody else is called after what displaced it.
    const displaced = current?.id ?? `f${restored.revision?.id}`;
    const isKept = (await manager.listRevisions(name)).some(({ id }) => id === displaced);
    const when = wanted.ours ? `saved ${spellTime(new Date(wanted.savedAt))}` : "not saved by this library";
    const undo = isKept
      ? `undo: kura restore ${name} --revision ${displaced}${out === "checkpoints" ? "" : ` --out ${out}`}\n`
      : "";
    await effects.stdout.write(
      `${name} is again as of revision ${wanted.id} (${when}): ${spellRows(restored.rows ?? 0)}; this is revision ${restored.revision?.id}\n${undo}`,
    );
    return EXIT_CODES.ok;
  },
};

async function find(
  manager: CheckpointManager,
  name: string,
  id: string | undefined,
): Promise<{ wanted: StoredRevision; current: StoredRevision | undefined }> {
  const revisions = await manager.listRevisions(name);
  const current = revisions.find((revision) => revision.current);
  const others = revisions.filter((revision) => !revision.current);
  if (revisions.length === 0) throw await missing(manager, name);
  if (id !== undefined && id === current?.id) throw new Failure(`revision ${id} of ${name} is the current one already`);
  const wanted = id === undefined ? others[0] : others.find((revision) => revision.id === id);
  if (wanted) return { wanted, current };
  throw new Failure(
    id === undefined ? `${name} has no earlier revision` : `${name} has no revision ${id}`,
    others.length === 0 ? undefined : `there are ${others.map((revision) => revision.id).join(", ")}`,
  );
}
