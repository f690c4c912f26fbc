import type { SyncReport } from "../checkpoints/multi/sync-checkpoint.js";
import { KuraError } from "../errors.js";
import type { Copies } from "./copies.js";
import type { Effects } from "./effects.js";
import { UsageError } from "./failure.js";
import { type OpenedHubCopy, openHubCopies, syncWithHub } from "./hub-copies.js";

/** Whoever looks does not wait for long. */
const ONCE = { hubAttempts: 1, hubTimeoutMs: 10_000 };

/** How each dataset is that the directory was sent to. One that cannot be asked is said, and no failure: there may be no network. */
export async function hubCopyLines(copies: Copies, effects: Effects): Promise<string[]> {
  const lines: string[] = [];
  try {
    const { datasets, unasked } = await openHubCopies(copies, effects, ONCE);
    lines.push(...unasked);
    for (const opened of datasets) lines.push(...(await linesOf(copies, opened, effects)));
  } catch (error) {
    if (!(error instanceof KuraError || error instanceof UsageError)) throw error;
    lines.push(error.message);
  }
  return lines.length === 0 ? [] : [...lines, ""];
}

async function linesOf(copies: Copies, opened: OpenedHubCopy, { signal }: Effects): Promise<string[]> {
  const { location } = opened.dataset;
  const { reports, unasked } = await syncWithHub(copies, [opened], { dryRun: true, signal });
  if (unasked.length > 0) return unasked;
  const isForeign = ({ copies }: SyncReport) => copies.some(({ state }) => state === "unversioned");
  const foreign = reports.filter(isForeign).map(({ checkpoint }) => checkpoint);
  const lagging = reports.filter((report) => !report.inSync && !isForeign(report));
  const left =
    foreign.length === 0
      ? []
      : [
          `${location}: nothing says how new ${foreign.join(", ")} are, which another program saved; kura push and pull compare their rows, kura adopt makes them yours`,
        ];
  if (lagging.length === 0) return left.length > 0 ? left : [`${location} has all of this`];
  const states = lagging.map(({ checkpoint, copies: [here, there] }) => {
    const isBehind = there!.state !== "good";
    const { state, reason } = isBehind ? there! : here!;
    return `  ${checkpoint}: ${isBehind ? "there" : "here"} ${state}${reason === undefined ? "" : ` (${reason})`}`;
  });
  return [`${location} is not up to date; kura sync${copies.outOption} brings it up`, ...states, ...left];
}
