import { pipelineStatus } from "../../pipeline/run.js";
import { DIRECTORY_OPTION } from "../args.js";
import type { Command } from "../command.js";
import { EXIT_CODES } from "../command.js";
import { decisionTable } from "../decision.js";
import { directoryFor } from "../default-directory.js";
import { openHolder } from "../directory.js";

const OPTIONS = {
  format: DIRECTORY_OPTION.format,
  check: { kind: "flag", about: "read and hash every byte; else only of files that were touched since" },
} as const;

export const status: Command<typeof OPTIONS> = {
  spec: {
    name: "status",
    about:
      "Say what a run with the input and options of the stored rows would do with each step, and why. Nothing is changed. What one with another input or other options would do: kura run --dry-run.",
    argument: "[dir]",
    options: OPTIONS,
    example: "kura status checkpoints",
  },
  async run({ argument, options: { format, check } }, effects) {
    const dir = await directoryFor(argument, effects);
    const { stdout, signal } = effects;
    const manager = await openHolder(dir, "conversations", effects, { format });
    const decisions = await pipelineStatus(manager, { check, signal });
    const how = check
      ? "Every byte was hashed."
      : "Files that nobody touched, by length, time of change and inode, are taken for what was saved; --check hashes all.";
    await stdout.write(`${decisionTable(decisions).join("\n")}\n\nCheckpoints are ${manager.format}. ${how}\n`);
    return decisions.some(({ because }) => because === "damaged") ? EXIT_CODES.failed : EXIT_CODES.ok;
  },
};
