import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import { copyCheckpoint } from "../checkpoints/copy-checkpoint.js";
import type { OnCheckpointEvent } from "../checkpoints/event.js";
import type { HubCopy } from "../checkpoints/hub/hub-copies.js";
import { MultiCheckpointManager } from "../checkpoints/multi/multi-checkpoint-manager.js";
import type { KuraConfig } from "../pipeline/config.js";
import { STEPS } from "../pipeline/step.js";
import { isDamage, storedStep } from "../pipeline/stored-step.js";
import { LocalStorage } from "../storage/local.js";
import { byReason } from "./by-reason.js";
import { holdersOf, isDirectory, isManager, openDirectory } from "./directory.js";
import { divergedLines } from "./diverged-lines.js";
import type { Effects } from "./effects.js";
import { asUsage, UsageError } from "./failure.js";
import { type FormatName, formatNamed, formatOf } from "./formats.js";
import { parseDataset } from "./hub.js";
import { rememberHubCopies } from "./hub-copies.js";
import { NamedPlace } from "./named-place.js";
import { copiesOf, formatIn, settingOf } from "./setting.js";

/** Where a run keeps its checkpoints: what was typed, else the environment, else the config, else "checkpoints". */
export interface PlacesAsked {
  /** Each a directory, or `format:dir`. */
  readonly out: readonly string[] | undefined;
  /** Of directories that do not say it themselves; "auto": the one that is there. */
  readonly format: string;
  /** In how many of them a save has to succeed; the config's, or all, by default. */
  readonly minimumCopies?: number | undefined;
  readonly config: KuraConfig;
  readonly onEvent: OnCheckpointEvent;
}

export interface OpenedPlaces {
  readonly manager: BaseCheckpointManager;
  /** The directory that further commands work on; undefined where there is none. */
  readonly directory: string | undefined;
  /** Let the directories that are written to remember the datasets that are, as copies of theirs. */
  remember(): Promise<void>;
}

/** @throws {UsageError} For what is no place. */
export async function openPlaces(asked: PlacesAsked, effects: Effects): Promise<OpenedPlaces> {
  const setting = settingOf(asked, effects);
  const { minimumCopies } = asked;
  if (isManager(setting)) {
    if (minimumCopies !== undefined)
      throw new UsageError("--minimum-copies is of copies that the command line makes, and the config makes its own");
    return { manager: setting, directory: directoryOf(setting), remember: async () => {} };
  }
  const { copies, options: configured } = copiesOf(setting);
  const options = minimumCopies === undefined ? configured : { ...configured, minimumCopies };
  const managers: BaseCheckpointManager[] = [];
  const datasets: HubCopy[] = [];
  for (const copy of copies) {
    if (isManager(copy)) {
      managers.push(copy);
      continue;
    }
    const place = new NamedPlace(copy, { isOnly: copies.length === 1 });
    if (place.isDataset) datasets.push(parseDataset(place.dir));
    managers.push(await openToWrite(place, asked, effects));
  }
  const [first, ...others] = managers;
  if (first === undefined) throw new UsageError("checkpoints of the config names no place");
  // That a copy was brought up is no warning, and whoever asked for it says so.
  const onEvent: OnCheckpointEvent = (event) =>
    event.type === "warning" && event.code === "copy-repaired" ? undefined : asked.onEvent(event);
  const directory = managers.map(directoryOf).find((each) => each !== undefined);
  const remember = () => rememberHubCopies(managers, datasets, effects);
  if (others.length === 0 && options === undefined) return { manager: first, directory, remember };
  return {
    manager: await asUsage(() => new MultiCheckpointManager(managers, { ...options, onEvent })),
    directory,
    remember,
  };
}

async function openToWrite(
  place: NamedPlace,
  { format: asked, onEvent }: PlacesAsked,
  effects: Effects,
): Promise<BaseCheckpointManager> {
  const chosen = place.format ?? formatNamed(asked) ?? formatIn(effects);
  const format = chosen ?? (place.isDataset ? undefined : await formatThere(place, effects)) ?? "jsonl";
  return await place.open({ format, onEvent, isSavedTo: true }, effects);
}

/** In which format a run goes on in a place: that of most of its steps, and of these of those that were saved last. */
async function formatThere({ dir }: NamedPlace, { stderr }: Effects): Promise<FormatName | undefined> {
  if (!isDirectory(dir)) return undefined;
  const [first, ...others] = (await holdersOf(await openDirectory(dir), STEP_NAMES)).map(formatOf);
  if (first !== undefined && others.length > 0) {
    const all = [first, ...others].join(" and ");
    await stderr.write(`"${dir}" holds ${all}; going on with ${first} (--format names another)\n`);
  }
  return first;
}

const STEP_NAMES = STEPS.map(({ name }) => name);

/**
 * Steps that a directory holds in another format than the one that was asked for, and not in that: each is copied into it, so that it is not
 * made again.
 *
 * @returns What was taken over, for people.
 */
export async function takeOver(manager: BaseCheckpointManager, effects: Effects): Promise<string[]> {
  const taken: string[] = [];
  for (const { name, holder } of await heldElsewhere(manager)) {
    const { rows, files } = await copyCheckpoint(holder, manager, name, { asNew: true, signal: effects.signal });
    taken.push(`${name}: ${rows} rows of ${formatOf(holder)} are in ${files.join(", ")} now`);
  }
  return taken;
}

/** The manager to plan by where nothing may be written: of the format from which steps would be taken over. */
export async function planningManager(manager: BaseCheckpointManager): Promise<BaseCheckpointManager> {
  const elsewhere = await heldElsewhere(manager);
  return elsewhere.length > 0 && (await manager.listCheckpoints()).length === 0 ? elsewhere[0]!.holder : manager;
}

export interface BroughtUp {
  /** In sentences. */
  readonly brought: readonly string[];
  readonly lagging: readonly Lagging[];
}

/** A copy that could not be brought up. */
interface Lagging {
  readonly copy: string;
  readonly message: string;
}

/** What is reused is not saved: copies that lack it get it before. */
export async function bringUp(manager: BaseCheckpointManager, signal: AbortSignal): Promise<BroughtUp> {
  if (!(manager instanceof MultiCheckpointManager)) return { brought: [], lagging: [] };
  // The others are meant to fall behind.
  const primaryOnly = manager.saveStrategy === "primary_only";
  const all = await manager.sync({ primaryOnly, signal });
  const reports = primaryOnly ? all.map((report) => ({ ...report, copies: report.copies.slice(0, 1) })) : all;
  const counts = new Map<string, number>();
  for (const { copies } of reports)
    for (const { copy, done } of copies) if (done) counts.set(copy, (counts.get(copy) ?? 0) + 1);
  const brought = [...counts].map(
    ([copy, count]) => `${copy} was brought up: ${count} ${count === 1 ? "checkpoint" : "checkpoints"}`,
  );
  const left = byReason(reports, ({ action, done }) => action !== "none" && !done);
  return {
    brought: [...brought, ...divergedLines(all, manager.copies)],
    lagging: left.map(({ copy, reason, checkpoints }) => {
      return { copy, message: `${copy} is not up to date with ${checkpoints.join(", ")}: ${reason}` };
    }),
  };
}

async function heldElsewhere(
  manager: BaseCheckpointManager,
): Promise<{ name: string; holder: BaseCheckpointManager }[]> {
  const directory = directoryOf(manager);
  if (directory === undefined || !isDirectory(directory)) return [];
  const there = await manager.listCheckpoints();
  const others = (await openDirectory(directory)).filter(({ format }) => format !== manager.format);
  const found: { name: string; holder: BaseCheckpointManager }[] = [];
  for (const name of STEP_NAMES) {
    const [holder] = there.includes(name) ? [] : await holdersOf(others, [name]);
    const stored = holder && (await storedStep(holder, name));
    // What another program saved may be anything.
    if (stored && !isDamage(stored) && stored.fingerprint) found.push({ name, holder });
  }
  return found;
}

/** Of a manager that keeps its files in one; of several copies, of the first. */
function directoryOf(manager: BaseCheckpointManager): string | undefined {
  return manager.storage instanceof LocalStorage ? manager.storage.label : undefined;
}
