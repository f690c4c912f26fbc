import type { OnCheckpointEvent } from "../../checkpoints/event.js";
import { MultiCheckpointManager } from "../../checkpoints/multi/multi-checkpoint-manager.js";
import type { SyncedCopy, SyncReport } from "../../checkpoints/multi/sync-checkpoint.js";
import { LocalStorage } from "../../storage/local.js";
import { type Command, EXIT_CODES } from "../command.js";
import { CONFIG_OPTION, loadConfig } from "../config/load-config.js";
import { nameOf, outOption } from "../directory.js";
import { UsageError } from "../failure.js";
import { formatOf } from "../formats.js";
import { openPlaces } from "../places.js";
import { spellRows, textTable } from "../spell.js";

const OPTIONS = {
  out: { kind: "texts", value: "[format:]dir", about: "a copy; given again, another (default: those of the config)" },
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
    const { manager } = await openPlaces({ out: options.out, format: "auto", config, onEvent }, effects);
    if (!(manager instanceof MultiCheckpointManager))
      throw new UsageError("sync needs at least two copies", `for example: ${sync.spec.example}`);
    const checkpoints = options.only?.split(",").map((name) => nameOf(name.trim()));
    const dryRun = options["dry-run"];
    const reports = await manager.sync({ dryRun, check: options.check, signal, ...(checkpoints && { checkpoints }) });
    if (options.json) for (const report of reports) await stdout.write(`${JSON.stringify(report)}\n`);
    else {
      const outs = outsOf(manager);
      const rows = reports.flatMap((report) => report.copies.map((copy) => cells(report, copy, dryRun)));
      const ways = reports.flatMap((report) => report.copies.flatMap((copy) => wayBack(report, copy, outs)));
      const lines =
        rows.length === 0
          ? ["No copy has a checkpoint."]
          : textTable([["checkpoint", "copy", "was", "", "why"], ...rows]);
      await stdout.write(`${[...lines, ...ways, "", options.check ? CHECKED : BELIEVED].join("\n")}\n`);
    }
    const isLeft = reports.some(({ copies }) =>
      copies.some(({ action, done }) => action === "left" || (!dryRun && action !== "none" && !done)),
    );
    if (isLeft && !options.json) await stderr.write("kura: not all copies are brought up\n");
    return isLeft ? EXIT_CODES.failed : EXIT_CODES.ok;
  },
};

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

/** What a copy had that the newest was not made from, and how it is had back. */
function wayBack(
  { checkpoint, rows, isDeletion }: SyncReport,
  { copy, state, had, done }: SyncedCopy,
  outs: ReadonlyMap<string, string>,
): string[] {
  if (state !== "diverged" || had === undefined) return [];
  const counted = (count: number | undefined) => (count === undefined ? "rows" : spellRows(count));
  const newest = isDeletion ? "a deletion" : counted(rows);
  const out = outs.get(copy);
  const command =
    out === undefined ? `its revision ${had.revision}` : `kura restore ${checkpoint} --revision ${had.revision}${out}`;
  const way = done ? `kept there as an earlier revision: ${command}` : `it is then kept there: ${command}`;
  return [`${checkpoint}: ${copy} had ${counted(had.rows)} of its own, the newest is ${newest}; ${way}`];
}

/** How a command names each copy, by what reports call it. */
function outsOf({ managers }: MultiCheckpointManager): Map<string, string> {
  return new Map(
    managers.flatMap(({ location, format, storage }) =>
      storage instanceof LocalStorage
        ? [[`${location} (${format})`, outOption(`${formatOf({ format })}:${location}`)] as const]
        : [],
    ),
  );
}
