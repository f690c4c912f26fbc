import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import { copyCheckpoint } from "../checkpoints/copy-checkpoint.js";
import type { OnCheckpointEvent } from "../checkpoints/event.js";
import { MultiCheckpointManager } from "../checkpoints/multi/multi-checkpoint-manager.js";
import type { CompressionName } from "../formats/parquet/compressions.js";
import type { KuraConfig, PlaceSetting } from "../pipeline/config.js";
import { STEPS } from "../pipeline/step.js";
import { isDamage, storedStep } from "../pipeline/stored-step.js";
import { LocalStorage } from "../storage/local.js";
import { assertNoFile, holdersOf, isDirectory, isManager, openDirectory, parsePlace } from "./directory.js";
import type { Effects } from "./effects.js";
import { asUsage, UsageError } from "./failure.js";
import { FORMATS, type FormatName, formatOf, isFormat } from "./formats.js";
import { isDataset, openDataset, parseDataset } from "./hub.js";
import { rememberHubCopies } from "./hub-copies.js";
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
  const places = new Places(asked, { effects, isOnly: copies.length === 1 });
  const managers: BaseCheckpointManager[] = [];
  for (const copy of copies) managers.push(isManager(copy) ? copy : await places.open(copy));
  const [first, ...others] = managers;
  if (first === undefined) throw new UsageError("checkpoints of the config names no place");
  // That a copy was brought up is no warning, and whoever asked for it says so.
  const onEvent: OnCheckpointEvent = (event) =>
    event.type === "warning" && event.code === "copy-repaired" ? undefined : asked.onEvent(event);
  const directory = managers.map(directoryOf).find((each) => each !== undefined);
  const datasets = copies.map(typedOf).filter(isDataset).map(parseDataset);
  const remember = () => rememberHubCopies(managers, datasets, effects);
  if (others.length === 0 && options === undefined) return { manager: first, directory, remember };
  return {
    manager: await asUsage(() => new MultiCheckpointManager(managers, { ...options, onEvent })),
    directory,
    remember,
  };
}

class Places {
  readonly #format: FormatName | undefined;
  readonly #effects: Effects;
  /** Of several one may be ill. */
  readonly #isOnly: boolean;
  readonly #onEvent: OnCheckpointEvent;

  constructor({ format, onEvent }: PlacesAsked, { effects, isOnly }: { effects: Effects; isOnly: boolean }) {
    this.#isOnly = isOnly;
    this.#format = isFormat(format) ? format : formatIn(effects);
    this.#effects = effects;
    this.#onEvent = onEvent;
  }

  async open(setting: Exclude<PlaceSetting, BaseCheckpointManager>): Promise<BaseCheckpointManager> {
    const { dir: typed, format: own, ...options } = typeof setting === "string" ? { dir: setting } : setting;
    const place = own === undefined ? parsePlace(typed) : { dir: typed, format: own as FormatName };
    if (isDataset(place.dir))
      return await openDataset(parseDataset(place.dir), this.#effects, {
        ...options,
        compression: options.compression as CompressionName | undefined,
        onEvent: this.#onEvent,
      });
    if (this.#isOnly) assertNoFile(place.dir);
    const format = place.format ?? this.#format ?? (await this.#formatThere(place.dir)) ?? "jsonl";
    return await asUsage(async () => await FORMATS[format].open(place.dir, { ...options, onEvent: this.#onEvent }));
  }

  /** That of most of its steps, and of these of those that were saved last. */
  async #formatThere(dir: string): Promise<FormatName | undefined> {
    if (!isDirectory(dir)) return undefined;
    const [first, ...others] = (await holdersOf(await openDirectory(dir), STEP_NAMES)).map(formatOf);
    if (first !== undefined && others.length > 0) {
      const all = [first, ...others].join(" and ");
      await this.#effects.stderr.write(`"${dir}" holds ${all}; going on with ${first} (--format names another)\n`);
    }
    return first;
  }
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

/** What is reused is not saved: copies that lack it get it before. In sentences. */
export async function bringUp(
  manager: BaseCheckpointManager,
  signal: AbortSignal,
): Promise<{ brought: readonly string[]; lagging: readonly string[] }> {
  if (!(manager instanceof MultiCheckpointManager) || manager.saveStrategy === "primary_only")
    return { brought: [], lagging: [] };
  const counts = new Map<string, number>();
  const lagging: string[] = [];
  for (const { checkpoint, copies } of await manager.sync({ signal })) {
    for (const { copy, action, done, reason } of copies) {
      if (done) counts.set(copy, (counts.get(copy) ?? 0) + 1);
      else if (action !== "none") lagging.push(`${copy} is not up to date with ${checkpoint}: ${reason}`);
    }
  }
  const brought = [...counts].map(([copy, count]) => `${copy} was brought up: ${count} checkpoints`);
  return { brought, lagging };
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

/** What was typed of a place; nothing of a manager that a config makes. */
function typedOf(setting: PlaceSetting): string {
  if (typeof setting === "string") return setting;
  return isManager(setting) ? "" : setting.dir;
}

/** Of a manager that keeps its files in one; of several copies, of the first. */
function directoryOf(manager: BaseCheckpointManager): string | undefined {
  return manager.storage instanceof LocalStorage ? manager.storage.label : undefined;
}
