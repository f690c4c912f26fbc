import { pipelineStatus } from "../../pipeline/run.js";
import type { Command } from "../command.js";
import { EXIT_CODES } from "../command.js";
import { actionWord } from "../decision.js";
import { openDirectory } from "../directory.js";
import { textTable } from "../spell.js";

export const status: Command = {
  spec: {
    name: "status",
    about:
      "Say what the next run with the same input and options would do with each step, and why. Nothing is changed.",
    argument: "[dir]",
    options: {},
    example: "kura status checkpoints",
  },
  async run({ argument: dir = "checkpoints" }, effects) {
    const decisions = await pipelineStatus(openDirectory(dir, effects));
    const rows = decisions.map(({ step, action, because, reasons }) => [
      step,
      because,
      actionWord(action, "next"),
      reasons.join("; "),
    ]);
    await effects.stdout.write(`${textTable([["step", "stored", "next run", "why"], ...rows]).join("\n")}\n`);
    return EXIT_CODES.ok;
  },
};
