import type { BaseCheckpointManager } from "../../checkpoints/base-checkpoint-manager.js";
import type { OnCheckpointEvent } from "../../checkpoints/event.js";
import { MultiCheckpointManager, type SyncOptions } from "../../checkpoints/multi/multi-checkpoint-manager.js";
import type { SyncedCopy, SyncReport } from "../../checkpoints/multi/sync-checkpoint.js";
import type { Options } from "../args.js";
import { type Command, EXIT_CODES } from "../command.js";
import { CONFIG_OPTION, loadConfig } from "../config/load-config.js";
import { openCopies } from "../copies.js";
import { nameOf } from "../directory.js";
import { divergedLines } from "../diverged-lines.js";
import type { Effects } from "../effects.js";
import { UsageError } from "../failure.js";
import { openHubCopies, syncWithHub } from "../hub-copies.js";
import { openPlaces } from "../places.js";
import { textTable } from "../spell.js";

const OPTIONS = {
  out: {
    kind: "texts",
    value: "[format:]dir",
    about: "a copy; given again, another (default: KURA_CHECKPOINT_DIR, those of the config, or checkpoints)",
  },
  only: { kind: "text", value: "a,b", about: "only these checkpoints" },
  check: {
    kind: "flag",
    about: "read every byte of every copy first: what rotted where nobody looked is found, and made good",
  },
  "dry-run": { kind: "flag", about: "say what would be done; change nothing" },
  config: CONFIG_OPTION,
  json: { kind: "flag", about: "a JSON object for each checkpoint on stdout, and nothing else" },
} as const;

const CHECKED = "Every byte of every copy was hashed.";
const BELIEVED = "Files as long as what was saved are taken for it; --check hashes them.";

export const sync: Command<typeof OPTIONS> = {
  spec: {
    name: "sync",
    about: "Bring copies up to the newest state that any of them has, in whatever format each is.",
    options: OPTIONS,
    example: "kura sync --out checkpoints --out parquet:backup",
    notes: [
      "Of one directory the copies are the datasets of the Hub that it was sent to (kura push, or a run or sync with both).",
      "A copy that missed a save or a deletion is brought up from one that proves to have it; a bad copy never overwrites a good one, and a",
      "file that another program saved is left as it is (kura adopt makes it ours). Exit code 1 if a copy could not be brought up.",
    ].join("\n"),
  },
  whenStopped: "Copies that were brought up are whole; run the same command again to go on.",
  async run({ options }, effects) {
    const { stdout, stderr, signal } = effects;
    const { config } = await loadConfig(options.config);
    // Whom it waits for is worth a line; how the copies are is what it says itself.
    const onEvent: OnCheckpointEvent = (event) => {
      if (event.type === "warning" && event.code === "waiting") void stderr.write(`${event.message}\n`);
    };
    const places = await openPlaces({ out: options.out, format: "auto", config, onEvent }, effects);
    const { manager } = places;
    const checkpoints = options.only?.split(",").map((name) => nameOf(name.trim()));
    const dryRun = options["dry-run"];
    const how = { dryRun, check: options.check, signal, ...(checkpoints && { checkpoints }) };
    if (!dryRun) await places.remember();
    const { reports, unasked, managers } = isSeveral(manager)
      ? { reports: await manager.sync(how), unasked: [], managers: manager.copies }
      : await syncOne(options, how, effects);
    for (const line of unasked) await stderr.write(`kura: ${line}\n`);
    if (options.json) for (const report of reports) await stdout.write(`${JSON.stringify(report)}\n`);
    else if (reports.length > 0 || unasked.length === 0) {
      const rows = reports.flatMap((report) => report.copies.map((copy) => cells(report, copy, dryRun)));
      const lines =
        rows.length === 0
          ? ["No copy has a checkpoint."]
          : textTable([["checkpoint", "copy", "was", "", "why"], ...rows]);
      await stdout.write(
        `${[...lines, ...divergedLines(reports, managers), "", options.check ? CHECKED : BELIEVED].join("\n")}\n`,
      );
    }
    const isLeft =
      unasked.length > 0 ||
      reports.some(({ copies }) =>
        copies.some(({ action, done }) => action === "left" || (!dryRun && action !== "none" && !done)),
      );
    if (isLeft && !options.json) await stderr.write("kura: not all copies are brought up\n");
    return isLeft ? EXIT_CODES.failed : EXIT_CODES.ok;
  },
};

/** Whether it keeps copies, which it brings up itself. */
function isSeveral(
  manager: BaseCheckpointManager,
): manager is BaseCheckpointManager & Pick<MultiCheckpointManager, "sync"> {
  return "sync" in manager && (manager instanceof MultiCheckpointManager || manager.copies.length > 1);
}

/** A directory by itself, and the datasets that it was sent to. */
async function syncOne(
  { out, config }: Options<typeof OPTIONS>,
  how: SyncOptions,
  effects: Effects,
): Promise<{ reports: SyncReport[]; unasked: string[]; managers: BaseCheckpointManager[] }> {
  const copies = await openCopies({ typed: out, config, isSavedTo: true, saysUnverified: false }, effects);
  const { datasets, unasked } = await openHubCopies(copies, effects);
  if (datasets.length + unasked.length === 0)
    throw new UsageError(
      `sync needs at least two copies, and "${copies.location}" was sent to no dataset`,
      `for example: ${sync.spec.example}`,
    );
  const synced = await syncWithHub(copies, datasets, how);
  return {
    reports: synced.reports,
    unasked: [...unasked, ...synced.unasked],
    managers: [...copies.managers, ...synced.asked],
  };
}

function cells(
  { checkpoint, isDeletion }: SyncReport,
  { copy, state, action, done, reason }: SyncedCopy,
  dryRun: boolean,
): string[] {
  const words = {
    none: isDeletion ? "is deleted" : "is up to date",
    write: done ? "was brought up" : dryRun ? "would be brought up" : "could not be brought up",
    delete: done ? "was deleted" : dryRun ? "would be deleted" : "could not be deleted",
    left: "is left as it is",
  };
  return [checkpoint, copy, state, words[action], reason ?? ""];
}
