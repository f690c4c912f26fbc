import { type HubCopy, hubCopiesOf } from "../checkpoints/hub/hub-copies.js";
import { MultiCheckpointManager } from "../checkpoints/multi/multi-checkpoint-manager.js";
import type { SyncReport } from "../checkpoints/multi/sync-checkpoint.js";
import { KuraError } from "../errors.js";
import { accessTo } from "../hub/access.js";
import type { Copies } from "./copies.js";
import type { Effects } from "./effects.js";
import { openDataset } from "./hub.js";

/** Whoever looks does not wait for long. */
const STATUS_TIMEOUT_MS = 10_000;

/** How each dataset is that the directory was sent to. One that cannot be asked is said, and no failure: there may be no network. */
export async function hubCopyLines(copies: Copies, effects: Effects): Promise<string[]> {
  const { directory, managers } = copies.all[0]!;
  const { storage } = managers[0]!;
  if (directory === undefined || !storage) return [];
  const lines: string[] = [];
  try {
    for (const copy of await hubCopiesOf(storage)) lines.push(...(await hubLines(copies, copy, effects)));
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    lines.push(error.message);
  }
  return lines.length === 0 ? [] : [...lines, ""];
}

async function hubLines(copies: Copies, { hubUrl, ...copy }: HubCopy, effects: Effects): Promise<string[]> {
  const { env, signal } = effects;
  // A directory may come from anybody: where the token goes, only whose it is says.
  if (hubUrl !== undefined && hubUrl.replace(/\/+$/, "") !== (await accessTo({ env })).endpoint)
    return [`${copy.id} of ${hubUrl} is not asked, which may have your token only where HF_ENDPOINT names it`];
  const once = { hubAttempts: 1, hubTimeoutMs: STATUS_TIMEOUT_MS };
  const dataset = await openDataset({ revision: undefined, ...copy }, effects, once);
  const id = copy.revision === undefined ? copy.id : `${copy.id}@${copy.revision}`;
  const reports: SyncReport[] = [];
  try {
    const names = new Set([...(await dataset.listCheckpoints()), ...(await copies.names())]);
    for (const name of [...names].sort()) {
      const both = new MultiCheckpointManager([await copies.holder(name), dataset]);
      reports.push(...(await both.sync({ dryRun: true, checkpoints: [name], signal })));
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof KuraError)) throw error;
    return [
      `${dataset.location} cannot be compared: ${error.message}`,
      "  (if it is no copy any more, remove it from .kura/hub-copies.json)",
    ];
  }
  const lagging = reports.filter(({ inSync }) => !inSync);
  if (lagging.length === 0) return [`${dataset.location} has all of this`];
  const states = lagging.map(({ checkpoint, copies: [here, there] }) => {
    const isBehind = there!.state !== "good";
    const { state, reason } = isBehind ? there! : here!;
    return `  ${checkpoint}: ${isBehind ? "there" : "here"} ${state}${reason === undefined ? "" : ` (${reason})`}`;
  });
  const ways = new Set(lagging.map(({ copies: [, there] }) => (there!.state === "good" ? "pull" : "push")));
  const how = [...ways].map((way) => `kura ${way} ${id}${copies.outOption}`).join(", ");
  return [`${dataset.location} is not up to date; ${how} brings it up`, ...states];
}
