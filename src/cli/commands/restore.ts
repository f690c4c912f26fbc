import type { BaseCheckpointManager } from "../../checkpoints/base-checkpoint-manager.js";
import type { StoredRevision } from "../../checkpoints/checkpoint-manager.js";
import { isDamage, storedStep } from "../../pipeline/stored-step.js";
import type { Command } from "../command.js";
import { EXIT_CODES } from "../command.js";
import { COPIES_OPTIONS, type Copies } from "../copies.js";
import { makeAnew } from "../directory.js";
import { Failure } from "../failure.js";
import { spellRows, spellTime } from "../spell.js";
import { subjectOf } from "../subject.js";

const OPTIONS = {
  revision: { kind: "text", value: "id", about: "which one, as `kura info` lists them (default: the newest of ours)" },
  ...COPIES_OPTIONS,
} as const;

export const restore: Command<typeof OPTIONS> = {
  spec: {
    name: "restore",
    about: "Make an earlier revision of a checkpoint the current one, also after somebody removed or damaged its file.",
    argument: "<checkpoint | path>",
    options: OPTIONS,
    example: "kura restore summaries",
    notes: "What stands now is kept as a revision: restoring again undoes it.",
  },
  async run({ argument, options }, effects) {
    const { revision } = options;
    const { name, copies } = await subjectOf(argument!, "restored", options, effects);
    const manager = await copies.holder(name);
    const isDamaged = isDamage(await storedStep(manager, name, { check: true, signal: effects.signal }));
    const { wanted, current } = await find(manager, name, { copies, id: revision, isDamaged: isDamaged });
    const restored = await manager.restoreRevision(name, wanted.id, { signal: effects.signal });
    // What was displaced keeps its id; a file of somebody else is called after what displaced it.
    const displaced = (isDamaged ? undefined : current?.id) ?? `f${restored.revision?.id}`;
    const isKept = (await manager.listRevisions(name)).some(({ id }) => id === displaced);
    const when = wanted.ours ? `saved ${spellTime(new Date(wanted.savedAt))}` : "not saved by this library";
    const way = isDamaged
      ? `what stood there was damaged; it is kept as revision ${displaced}\n`
      : `undo: kura restore ${name} --revision ${displaced}${copies.outOption}\n`;
    const undo = isKept ? way : "";
    await effects.stdout.write(
      `${name} is again as of revision ${wanted.id} (${when}): ${spellRows(restored.rows ?? 0)}; this is revision ${restored.revision?.id}\n${undo}`,
    );
    return EXIT_CODES.ok;
  },
};

async function find(
  manager: BaseCheckpointManager,
  name: string,
  { copies, id, isDamaged }: { copies: Copies; id: string | undefined; isDamaged: boolean },
): Promise<{ wanted: StoredRevision; current: StoredRevision | undefined }> {
  const revisions = await manager.listRevisions(name);
  const current = revisions.find((revision) => revision.current);
  const others = revisions.filter((revision) => !revision.current);
  if (revisions.length === 0 && !(await manager.listCheckpoints()).includes(name)) throw await copies.missing(name);
  if (id !== undefined && id === current?.id) throw new Failure(`revision ${id} of ${name} is the current one already`);
  // A file that is not ours may have been displaced because it was damaged: only who names it wants it.
  const wanted = others.find((revision) => (id === undefined ? revision.ours : revision.id === id));
  if (wanted) return { wanted, current };
  const ids = others.map((revision) => revision.id).join(", ");
  if (id !== undefined) throw new Failure(`${name} has no revision ${id}`, ids === "" ? undefined : `there are ${ids}`);
  if (ids !== "")
    throw new Failure(`${name} has no earlier revision of ours`, `--revision takes a file that was displaced: ${ids}`);
  throw new Failure(`${name} has no earlier revision`, isDamaged ? makeAnew(name) : undefined);
}
