import { MissingCheckpointError } from "../../errors.js";
import { DIRECTORY_OPTION } from "../args.js";
import type { Command } from "../command.js";
import { EXIT_CODES } from "../command.js";
import { missing, openHolder } from "../directory.js";
import { spellRows } from "../spell.js";
import { subjectOf } from "../subject.js";

export const adopt: Command<typeof DIRECTORY_OPTION> = {
  spec: {
    name: "adopt",
    about: "Make a file ours that somebody else saved, or that was changed since and is right as it is.",
    argument: "<checkpoint | path>",
    options: DIRECTORY_OPTION,
    example: "kura adopt summaries --out checkpoints",
    notes: "Every row is checked. What was there is kept as a revision: `kura restore` has it back.",
  },
  async run({ argument, options }, effects) {
    const { stdout, signal } = effects;
    const { dir, name, format } = await subjectOf(argument!, "adopted", options, effects);
    const manager = await openHolder(dir, name, effects, { format, saysUnverified: false });
    const before = await manager.listRevisions(name);
    const after = await manager.adoptCheckpoint(name, undefined, { signal }).catch(async (error: unknown) => {
      throw error instanceof MissingCheckpointError ? await missing(manager, name) : error;
    });
    const wasOurs = before.some(({ id, current }) => current && id === after.revision?.id);
    const what = wasOurs ? "was ours already" : "is adopted";
    await stdout.write(
      `${name} ${what}: ${spellRows(after.rows ?? 0)}, every one checked; revision ${after.revision?.id}\n`,
    );
    return EXIT_CODES.ok;
  },
};
