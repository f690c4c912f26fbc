import type { Tally } from "../checkpoints/answers/answers.js";
import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { CheckpointInfo } from "../checkpoints/info.js";
import { type MultiCheckpointInfo, MultiCheckpointManager } from "../checkpoints/multi/multi-checkpoint-manager.js";
import { PRICES_AS_OF } from "../models/prices.js";
import type { Decision } from "../pipeline/plan.js";
import { actionWord, callsLine, reasonOf } from "./decision.js";
import { outOption } from "./directory.js";
import type { OpenedPlaces } from "./places.js";
import { dollarsText, spellRows, textTable } from "./spell.js";

/** What became of a step of a run. */
export interface Done {
  readonly decision: Decision;
  readonly info: CheckpointInfo | undefined;
  /** What asking models came to; undefined where none was asked. */
  readonly calls: Tally | undefined;
}

/** Copies that were to be saved to, and do not have what the run made. */
export function missedBy(manager: BaseCheckpointManager, done: readonly Done[]): string[] {
  if (!(manager instanceof MultiCheckpointManager) || manager.saveStrategy === "primary_only") return [];
  const copies = done.flatMap(({ info }) => (info as MultiCheckpointInfo | undefined)?.copies ?? []);
  const missed = new Set(copies.filter(({ state }) => state !== "good").map(({ copy }) => copy));
  return [...missed].map((copy) => `${copy} does not have all that was made: kura sync, or the next run, brings it up`);
}

/** The last lines of a run. */
export function closing(steps: readonly Done[], spent: number, { manager, directory }: OpenedPlaces): string {
  const rows = steps.map(({ decision, info, calls }) => [
    decision.step,
    actionWord(decision.action, "past"),
    info?.rows === undefined ? "" : spellRows(info.rows),
    [reasonOf(decision), calls ? callsLine(calls) : ""].filter(Boolean).join("; "),
  ]);
  const files = new Set(steps.flatMap(({ info }) => info?.files ?? []).map(shownFile));
  return [
    ...textTable(rows),
    "",
    ...(areWhole(steps) ? [] : [incompleteLine(steps)]),
    ...(spent > 0
      ? [`Spent about ${dollarsText(spent)}, by the prices given or the list prices of ${PRICES_AS_OF}`]
      : []),
    `Files are in ${manager.location}: ${[...files].join(", ")}`,
    ...(directory === undefined
      ? []
      : [`Next: kura show summaries${outOption(directory)} --where "user_frustration >= 3"`]),
  ].join("\n");
}

/** Of a directory that holds a checkpoint, the directory. */
const shownFile = (file: string): string => file.replace(/\/.*/, "/");

export const areWhole = (steps: readonly Done[]): boolean => steps.every(({ info }) => info?.complete ?? true);

export function incompleteLine(steps: readonly Done[]): string {
  const parts = steps.filter(({ info }) => info && !info.complete);
  const what = parts.map(({ decision, info }) => `${decision.step} lacks ${spellRows(info!.missing.length)}`);
  return `Incomplete: ${what.join(", ")}; run the same command again to try them anew (--retry-failed: also those that failed for good)`;
}

/** The last event of a run. */
export function doneEvent(steps: readonly Done[], out: string): object {
  return {
    type: "done",
    out,
    steps: steps.map(({ decision: { step, action, because, reasons }, info, calls }) => ({
      step,
      action,
      because,
      reasons,
      rows: info?.rows,
      files: info?.files,
      complete: info?.complete,
      missing: info?.missing,
      calls,
    })),
  };
}
