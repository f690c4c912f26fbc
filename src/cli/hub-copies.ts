import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import { type HubCopy, hubCopiesOf, rememberHubCopy } from "../checkpoints/hub/hub-copies.js";
import type { HubCheckpointManager, HubCheckpointManagerOptions } from "../checkpoints/hub-checkpoint-manager.js";
import { MultiCheckpointManager, type SyncOptions } from "../checkpoints/multi/multi-checkpoint-manager.js";
import type { SyncReport } from "../checkpoints/multi/sync-checkpoint.js";
import { HubError, KuraError } from "../errors.js";
import { accessTo } from "../hub/access.js";
import { LocalStorage } from "../storage/local.js";
import type { Copies } from "./copies.js";
import type { Effects } from "./effects.js";
import { asUsage } from "./failure.js";
import { SILENT } from "./formats.js";
import { openDataset } from "./hub.js";

export interface OpenedHubCopy {
  readonly dataset: HubCheckpointManager;
  /** How commands are told of it. */
  readonly id: string;
}

/**
 * The datasets that a directory remembers it was sent to; of those that are not to be asked, why.
 *
 * @throws {CorruptCheckpointError} If what it remembers cannot be read.
 */
export async function openHubCopies(
  { all: [only] }: Copies,
  effects: Pick<Effects, "env" | "stderr">,
  options: HubCheckpointManagerOptions = {},
): Promise<{ datasets: OpenedHubCopy[]; unasked: string[] }> {
  const { directory, managers } = only!;
  const { storage } = managers[0]!;
  const datasets: OpenedHubCopy[] = [];
  const unasked: string[] = [];
  if (directory === undefined || !storage) return { datasets, unasked };
  for (const { hubUrl, id, revision } of await hubCopiesOf(storage)) {
    // A directory may come from anybody: where the token goes, only whose it is says.
    if (hubUrl !== undefined && hubUrl.replace(/\/+$/, "") !== (await asUsage(() => accessTo(effects))).endpoint)
      unasked.push(`${id} of ${hubUrl} is not asked, which may have your token only where HF_ENDPOINT names it`);
    else {
      const dataset = await openDataset({ id, revision }, effects, options);
      datasets.push({ dataset, id: revision === undefined ? id : `${id}@${revision}` });
    }
  }
  return { datasets, unasked };
}

/**
 * Compare a directory with these datasets, and bring all up unless it is a dry run. None is made: one that is gone was perhaps private.
 *
 * @returns Of those that could not be asked, why and what to do.
 */
export async function syncWithHub(
  copies: Copies,
  opened: readonly OpenedHubCopy[],
  { checkpoints, ...how }: SyncOptions,
): Promise<{ reports: SyncReport[]; asked: HubCheckpointManager[]; unasked: string[] }> {
  const here = await copies.names();
  const names = new Set(checkpoints ?? here);
  const asked: HubCheckpointManager[] = [];
  const unasked: string[] = [];
  for (const one of opened) {
    try {
      await one.dataset.refs({ signal: how.signal });
      if (!checkpoints) for (const name of await namesIn(one.dataset, here, how.signal)) names.add(name);
      asked.push(one.dataset);
    } catch (error) {
      how.signal?.throwIfAborted();
      if (!(error instanceof KuraError)) throw error;
      unasked.push(incomparable(one, error, copies));
    }
  }
  const reports: SyncReport[] = [];
  if (asked.length > 0)
    for (const name of [...names].sort()) {
      const all = new MultiCheckpointManager([await copies.holder(name), ...asked], SILENT);
      reports.push(...(await all.sync({ ...how, checkpoints: [name] })));
    }
  return { reports, asked, unasked };
}

/** What is here too, and what has a revision. What another program wrote there alone is no copy of anything. */
async function namesIn(
  dataset: HubCheckpointManager,
  here: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const names: string[] = [];
  for (const name of await dataset.listCheckpoints({ signal }))
    if (here.includes(name) || (await dataset.getRevisionState(name, { signal })).state !== "unversioned")
      names.push(name);
  return names;
}

function incomparable({ dataset, id }: OpenedHubCopy, error: KuraError, { outOption }: Copies): string {
  const isGone = error instanceof HubError && error.kind === "missing";
  const push = isGone ? `kura push ${id}${outOption} makes it; ` : "";
  const ways = `  (${push}if it is no copy any more, remove it from .kura/hub-copies.json)`;
  return `${dataset.location} cannot be compared: ${error.message}\n${ways}`;
}

/** Let the directories among these remember the datasets that they are sent to. Where one can only be read it is sent all the same. */
export async function rememberHubCopies(
  managers: readonly BaseCheckpointManager[],
  datasets: readonly HubCopy[],
  { stderr }: Pick<Effects, "stderr">,
): Promise<void> {
  for (const { storage } of managers) {
    if (!(storage instanceof LocalStorage)) continue;
    for (const dataset of datasets) {
      await rememberHubCopy(storage, dataset).catch(async (error: unknown) => {
        if (!(error instanceof KuraError)) throw error;
        await stderr.write(`warning: kura status will not show ${dataset.id} as a copy: ${error.message}\n`);
      });
    }
  }
}
