import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { SyncedCopy, SyncReport } from "../checkpoints/multi/sync-checkpoint.js";
import { LocalStorage } from "../storage/local.js";
import { outOption } from "./directory.js";
import { formatOf } from "./formats.js";
import { spellRows } from "./spell.js";

/** What copies had that the newest was not made from, and how it is had back: a line each. */
export function divergedLines(reports: readonly SyncReport[], managers: readonly BaseCheckpointManager[]): string[] {
  const outs = outsOf(managers);
  return reports.flatMap((report) => report.copies.flatMap((copy) => wayBack(report, copy, outs)));
}

function wayBack(
  { checkpoint, rows }: SyncReport,
  { copy, state, had, action, done }: SyncedCopy,
  outs: ReadonlyMap<string, string>,
): string[] {
  if (state !== "diverged" || had === undefined || action !== "write") return [];
  const counted = (count: number | undefined) => (count === undefined ? "rows" : spellRows(count));
  const out = outs.get(copy);
  const command =
    out === undefined ? `its revision ${had.revision}` : `kura restore ${checkpoint} --revision ${had.revision}${out}`;
  const way = done ? `kept there: ${command}` : `it is then kept there: ${command}`;
  return [`${checkpoint}: ${copy} had ${counted(had.rows)} of its own, the newest is ${counted(rows)}; ${way}`];
}

/** How a command names each copy, by what reports call it. */
function outsOf(managers: readonly BaseCheckpointManager[]): Map<string, string> {
  return new Map(
    managers.flatMap(({ location, format, storage }) =>
      storage instanceof LocalStorage
        ? [[`${location} (${format})`, outOption(`${formatOf({ format })}:${location}`)] as const]
        : [],
    ),
  );
}
