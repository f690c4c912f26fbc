import { MissingCheckpointError } from "../../errors.js";
import type { Command } from "../command.js";
import { EXIT_CODES } from "../command.js";
import { COPIES_OPTIONS } from "../copies.js";
import { spellRows } from "../spell.js";
import { subjectOf } from "../subject.js";

export const adopt: Command<typeof COPIES_OPTIONS> = {
  spec: {
    name: "adopt",
    about: "Make a file ours that somebody else saved, or that was changed since and is right as it is.",
    argument: "<checkpoint | path>",
    options: COPIES_OPTIONS,
    example: "kura adopt summaries --out checkpoints",
    notes: "Every row is checked. What was there is kept as a revision: `kura restore` has it back.",
  },
  async run({ argument, options }, effects) {
    const { stdout, signal } = effects;
    const { name, copies } = await subjectOf(argument!, "adopted", options, effects, { saysUnverified: false });
    const manager = await copies.holder(name);
    const before = await manager.listRevisions(name);
    const after = await manager.adoptCheckpoint(name, undefined, { signal }).catch(async (error: unknown) => {
      throw error instanceof MissingCheckpointError ? await copies.missing(name) : error;
    });
    const wasOurs = before.some(({ id, current }) => current && id === after.revision?.id);
    const what = wasOurs ? "was ours already" : "is adopted";
    await stdout.write(
      `${name} ${what}: ${spellRows(after.rows ?? 0)}, every one checked; revision ${after.revision?.id}\n`,
    );
    return EXIT_CODES.ok;
  },
};
