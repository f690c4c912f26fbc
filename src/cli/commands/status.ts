import { MultiCheckpointManager, type SaveStrategy } from "../../checkpoints/multi/multi-checkpoint-manager.js";
import type { SyncReport } from "../../checkpoints/multi/sync-checkpoint.js";
import { pipelineStatus } from "../../pipeline/run.js";
import { STEPS } from "../../pipeline/step.js";
import { byReason } from "../by-reason.js";
import type { Command } from "../command.js";
import { EXIT_CODES } from "../command.js";
import { COPIES_OPTIONS, openCopies } from "../copies.js";
import { decisionTable } from "../decision.js";
import { hubCopyLines } from "../hub-copy-lines.js";
import { textTable } from "../spell.js";

const OPTIONS = {
  format: COPIES_OPTIONS.format,
  check: { kind: "flag", about: "read and hash every byte; else only of files that were touched since" },
  config: COPIES_OPTIONS.config,
} as const;

export const status: Command<typeof OPTIONS> = {
  spec: {
    name: "status",
    about:
      "Say what a run with the input and options of the stored rows would do with each step, and why. Nothing is changed. What one with another input or other options would do: kura run --dry-run.",
    argument: "[[format:]dir]",
    options: OPTIONS,
    example: "kura status checkpoints",
    notes: [
      "Of several copies it also says how each is: good; absent; behind, as it missed a save or a deletion; diverged, as something else was saved",
      "there; damaged; unversioned, which is another program's file; failed, as it does not answer. Exit code 1 if something is damaged, or a",
      "copy does not answer.",
    ].join("\n"),
  },
  async run({ argument, options: { format, check, config } }, effects) {
    const asked = { typed: argument === undefined ? undefined : [argument], format, config };
    const copies = await openCopies(asked, effects);
    const { stdout, signal } = effects;
    const manager = await copies.holder(...STEPS.map(({ name }) => name));
    const decisions = await pipelineStatus(manager, { check, signal });
    const several = manager instanceof MultiCheckpointManager ? manager : undefined;
    const reports = (await several?.sync({ dryRun: true, check, signal })) ?? [];
    const onHub = copies.areSeveral ? [] : await hubCopyLines(copies, effects);
    const how = check ? "Every byte was hashed." : believed(reports.length > 0);
    const what = copies.areSeveral ? "" : `Checkpoints are ${manager.format}. `;
    const lines = [
      ...decisionTable(decisions),
      "",
      ...copyLines(reports, several?.saveStrategy),
      ...onHub,
      `${what}${how}`,
    ];
    await stdout.write(`${lines.join("\n")}\n`);
    const isBad = ({ state }: { state: string }) => state === "damaged" || state === "failed";
    const isDamaged = decisions.some(({ because }) => because === "damaged");
    return isDamaged || reports.some((report) => report.copies.some(isBad)) ? EXIT_CODES.failed : EXIT_CODES.ok;
  },
};

function believed(hasCopies: boolean): string {
  const alone = hasCopies ? ", those of copies by their length alone" : "";
  return `Files that nobody touched, by length, time of change and inode, are taken for what was saved${alone}; --check hashes all.`;
}

/** How each copy is, by checkpoint. */
function copyLines(reports: readonly SyncReport[], saveStrategy: SaveStrategy | undefined): string[] {
  if (reports.length === 0) return [];
  const labels = [...new Set(reports.flatMap(({ copies }) => copies.map(({ copy }) => copy)))];
  const rows = reports.map(({ checkpoint, copies }) => [
    checkpoint,
    ...labels.map((label) => copies.find(({ copy }) => copy === label)?.state ?? ""),
  ]);
  const reasons = byReason(reports, ({ reason }) => reason !== undefined);
  const isBehind = reports.some(({ copies }) => copies.some(({ action }) => action === "write" || action === "delete"));
  const run = saveStrategy === "primary_only" ? "so with the first" : "too";
  return [
    ...textTable([["copies of", ...labels], ...rows]),
    ...reasons.map(({ copy, reason, checkpoints }) => `${copy}, ${checkpoints.join(", ")}: ${reason}`),
    ...(isBehind ? [`kura sync brings up those that are not good; kura run does ${run}`] : []),
    "",
  ];
}
