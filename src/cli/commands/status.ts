import { pipelineStatus } from "../../pipeline/run.js";
import { DIRECTORY_OPTION } from "../args.js";
import type { Command } from "../command.js";
import { EXIT_CODES } from "../command.js";
import { decisionTable } from "../decision.js";
import { openHolder } from "../directory.js";

const OPTIONS = {
  format: DIRECTORY_OPTION.format,
  check: { kind: "flag", about: "read and hash every byte; else length, time of change and inode are believed" },
} as const;

export const status: Command<typeof OPTIONS> = {
  spec: {
    name: "status",
    about:
      "Say what the next run with the same input and options would do with each step, and why. Nothing is changed.",
    argument: "[dir]",
    options: OPTIONS,
    example: "kura status checkpoints",
  },
  async run({ argument: dir = "checkpoints", options: { format, check } }, effects) {
    const { stdout, signal } = effects;
    const manager = await openHolder(dir, "conversations", effects, { format });
    const decisions = await pipelineStatus(manager, { check, signal });
    const how = check
      ? "Every byte was hashed."
      : "Files are taken for what was saved by their length, time of change and inode; --check hashes them.";
    await stdout.write(`${decisionTable(decisions).join("\n")}\n\nCheckpoints are ${manager.format}. ${how}\n`);
    return decisions.some(({ because }) => because === "damaged") ? EXIT_CODES.failed : EXIT_CODES.ok;
  },
};
