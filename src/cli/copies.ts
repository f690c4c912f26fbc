import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import { type CheckpointEvent, isOfOthers, type OnCheckpointEvent } from "../checkpoints/event.js";
import {
  MultiCheckpointManager,
  type MultiCheckpointManagerOptions,
} from "../checkpoints/multi/multi-checkpoint-manager.js";
import { KuraError } from "../errors.js";
import { LocalStorage } from "../storage/local.js";
import type { OptionSpecs } from "./args.js";
import { CONFIG_OPTION, loadConfig } from "./config/load-config.js";
import { holdersOf, isManager, isNothing, outOption, shellWord } from "./directory.js";
import type { Effects } from "./effects.js";
import { asUsage, Failure, UsageError } from "./failure.js";
import { FORMAT_NAMES, FORMATS, formatNamed, SILENT } from "./formats.js";
import { assertDataset } from "./hub.js";
import { NamedPlace, type NamedSetting } from "./named-place.js";
import { nearestWord } from "./nearest-word.js";
import { SaidOnce } from "./said-once.js";
import { copiesOf, formatIn, settingOf } from "./setting.js";

/** Understood by every command that works on a checkpoint. */
export const COPIES_OPTIONS = {
  out: {
    kind: "texts",
    value: "[format:]dir",
    about:
      "the checkpoint directory; given again, a copy (default: KURA_CHECKPOINT_DIR, those of the config, or checkpoints)",
  },
  format: {
    kind: "choice",
    choices: ["auto", ...FORMAT_NAMES],
    default: "auto",
    about: "of the checkpoint, where there is one in each",
  },
  config: CONFIG_OPTION,
} as const satisfies OptionSpecs;

/** One copy, as commands work on it. */
export interface CommandCopy {
  /** As it was named: a directory, a dataset. */
  readonly label: string;
  /** Of a directory one for each format, or the one that is named. */
  readonly managers: readonly BaseCheckpointManager[];
  /** Where answers and fitted models may be; undefined where it is no directory. */
  readonly directory: string | undefined;
  /** A directory that is to be a copy, and is not there: nothing was saved, or a disk is not mounted. */
  readonly isAbsent: boolean;
}

/** What a setting names: a copy, or a manager that a config makes, which may be several. */
interface CommandPlace {
  /** Those that are enabled. */
  readonly copies: readonly CommandCopy[];
  /** The manager of most of these checkpoints. @param isOneOfSeveral What is wrong with it they say together. */
  holder(names: readonly string[], isOneOfSeveral: boolean): Promise<BaseCheckpointManager>;
}

export interface CopiesAsked {
  /** What was typed, each a directory, `format:dir` or dataset; else the environment, the config or "checkpoints" decides. */
  readonly typed: readonly string[] | undefined;
  /** Of directories that do not say it themselves; "auto": any. */
  readonly format?: string | undefined;
  /** The config file, where it is named. */
  readonly config?: string | undefined;
  readonly saysUnverified?: boolean;
  /** A directory that is not there is made. */
  readonly isMade?: boolean;
  /** Checkpoints are saved there, in the way of those that are there. */
  readonly isSavedTo?: boolean;
}

/**
 * What a command works on: all copies that were typed, or that the environment or the config names. Their warnings go to stderr, each once.
 *
 * @throws {UsageError} For what is no place, and where no directory of all is there.
 * @throws {HubError} For a single dataset that is not there.
 */
export async function openCopies(
  asked: CopiesAsked,
  effects: Pick<Effects, "stderr" | "env" | "signal">,
): Promise<Copies> {
  const { config } = await loadConfig(asked.config);
  const setting = settingOf({ out: asked.typed, config }, effects);
  const onEvent = toStderr(effects, asked.saysUnverified ?? true);
  const further = furtherOption(asked);
  const { copies: settings, options } = isManager(setting)
    ? { copies: [setting], options: undefined }
    : copiesOf(setting);
  const isOnly = settings.length === 1;
  const places: CommandPlace[] = [];
  for (const one of settings)
    places.push(isManager(one) ? placeOf(one) : await openPlace(one, { asked, isOnly, onEvent }, effects));
  const copies = new Copies(
    places.filter(({ copies }) => copies.length > 0),
    { options, further, onEvent },
  );
  if (!asked.isMade) await assertThere(copies, effects);
  return copies;
}

/** Of several one may be lost. */
async function assertThere({ all, managers }: Copies, { signal }: Pick<Effects, "signal">): Promise<void> {
  if (all.every(({ isAbsent }) => isAbsent)) {
    const directories = all.map(({ label }) => `"${label}"`).join(", ");
    throw new UsageError(
      `there is no directory ${directories}`,
      "`kura run <conversations>` makes one, or name another",
    );
  }
  if (managers.length === 1) await assertDataset(managers[0]!, signal);
}

/** How a further command names the same copies; undefined: as it does a single directory. */
function furtherOption({ typed, config }: CopiesAsked): string | undefined {
  if (typed !== undefined && typed.length > 1) return typed.map((dir) => ` --out ${shellWord(dir)}`).join("");
  return typed === undefined && config !== undefined ? ` --config ${shellWord(config)}` : undefined;
}

/** All copies that a command works on. */
export class Copies {
  readonly all: readonly CommandCopy[];
  readonly #places: readonly CommandPlace[];
  readonly #options: Omit<MultiCheckpointManagerOptions, "onEvent"> | undefined;
  readonly #onEvent: OnCheckpointEvent;
  readonly #further: string | undefined;

  constructor(
    places: readonly CommandPlace[],
    {
      options,
      further,
      onEvent,
    }: {
      options: Omit<MultiCheckpointManagerOptions, "onEvent"> | undefined;
      further: string | undefined;
      onEvent: OnCheckpointEvent;
    },
  ) {
    if (places.length === 0) throw new UsageError("there is no checkpoint directory to work on: none is enabled");
    this.all = places.flatMap(({ copies }) => copies);
    this.#places = places;
    this.#options = options;
    this.#further = further;
    this.#onEvent = onEvent;
  }

  get areSeveral(): boolean {
    return this.all.length > 1;
  }

  /** How messages call all of them. */
  get location(): string {
    return this.all.map(({ label }) => label).join(", ");
  }

  /** How a further command names them. */
  get outOption(): string {
    return this.#further ?? (this.areSeveral ? "" : outOption(this.all[0]!.label));
  }

  get managers(): readonly BaseCheckpointManager[] {
    return this.all.flatMap(({ managers }) => managers);
  }

  /**
   * The manager of a checkpoint, or of most of these: of a directory that of the format that it is in, where it is in several of the one that
   * was saved last; of several copies all of them as one.
   */
  async holder(...names: readonly string[]): Promise<BaseCheckpointManager> {
    const holders: BaseCheckpointManager[] = [];
    for (const place of this.#places) holders.push(await place.holder(names, this.#places.length > 1));
    const [first, ...others] = holders;
    if (others.length === 0) return first!;
    return await asUsage(() => new MultiCheckpointManager(holders, { ...this.#options, onEvent: this.#onEvent }));
  }

  /** What `holder` takes for one that is to be seen, where it may be another than a run in another format has made. */
  async sayWhichIsTaken(name: string, { stderr }: Pick<Effects, "stderr">): Promise<void> {
    for (const { label, managers } of this.all) {
      // Of a copy that does not answer, who asks it for rows is told.
      const [taken, ...others] = managers.length > 1 ? await holdersOf(managers, [name]).catch(() => []) : [];
      if (!taken || others.length === 0) continue;
      const all = [taken, ...others].map(({ format }) => format).join(" and ");
      await stderr.write(
        `"${label}" holds ${name} as ${all}; ${taken.format} is taken, which was saved last (--format names another)\n`,
      );
    }
  }

  /** Names of which any copy that answers has a checkpoint, sorted. */
  async names(): Promise<string[]> {
    const lists = await Promise.all(
      this.managers.map(async (manager) => {
        try {
          return await manager.listCheckpoints();
        } catch (error) {
          if (this.areSeveral && error instanceof KuraError) return [];
          throw error;
        }
      }),
    );
    return [...new Set(lists.flat())].sort();
  }

  /** There is none of this name, and what there is. */
  async missing(name: string): Promise<Failure> {
    const names = new Set(await this.names());
    // In the format that was asked for there is none; there may be in another.
    for (const { directory } of this.all)
      if (directory !== undefined)
        for (const format of FORMAT_NAMES)
          for (const each of await (await FORMATS[format].open(directory, SILENT)).listCheckpoints().catch(() => []))
            names.add(each);
    const all = [...names].sort();
    const nearest = nearestWord(name, all);
    const there = all.length === 0 ? "there are none yet" : `there are ${all.join(", ")}`;
    return new Failure(
      `"${this.location}" has no checkpoint "${name}"`,
      nearest === undefined ? there : `did you mean ${nearest}? ${there}`,
    );
  }
}

async function openPlace(
  setting: NamedSetting,
  { asked, isOnly, onEvent }: { asked: CopiesAsked; isOnly: boolean; onEvent: OnCheckpointEvent },
  effects: Pick<Effects, "env" | "stderr">,
): Promise<CommandPlace> {
  const place = new NamedPlace(setting, { isOnly });
  const { dir, isDataset } = place;
  const isAbsent = isNothing(dir);
  const wanted = formatNamed(asked.format ?? "auto");
  // What is typed with the directory is of it alone; what a config says of it, is what a command may say otherwise.
  const format = asked.typed ? (place.format ?? wanted) : (wanted ?? place.format);
  const isOne = isDataset || isAbsent || format !== undefined;
  const formats = isOne ? [format ?? formatIn(effects) ?? "jsonl"] : FORMAT_NAMES;
  const managers = await Promise.all(
    formats.map((name) => place.open({ format: name, onEvent, isSavedTo: asked.isSavedTo }, effects)),
  );
  const copy = { label: dir, managers, directory: isDataset ? undefined : dir, isAbsent };
  return {
    copies: managers.some(({ enabled }) => enabled) ? [copy] : [],
    holder: (names, isOneOfSeveral) =>
      holderIn(managers, names).catch((error: unknown) => {
        if (isOneOfSeveral && error instanceof KuraError) return managers[0]!;
        throw error;
      }),
  };
}

function placeOf(manager: BaseCheckpointManager): CommandPlace {
  const copies = manager.copies.filter(({ enabled }) => enabled).map(copyOf);
  return { copies, holder: async () => manager };
}

function copyOf(manager: BaseCheckpointManager): CommandCopy {
  const directory = manager.storage instanceof LocalStorage ? manager.storage.label : undefined;
  const isAbsent = directory !== undefined && isNothing(directory);
  return { label: manager.location, managers: [manager], directory, isAbsent };
}

async function holderIn(
  managers: readonly BaseCheckpointManager[],
  names: readonly string[],
): Promise<BaseCheckpointManager> {
  const [first, ...others] = managers;
  if (others.length === 0) return first!;
  const [holder] = await holdersOf(managers, names);
  if (holder) return holder;
  // One whose file was removed by hand can still be restored; of one that was deleted, that is known.
  for (const name of names) {
    for (const manager of managers) {
      const { state } = await manager.getRevisionState(name);
      if (state === "deleted" || (await manager.listRevisions(name)).length > 0) return manager;
    }
  }
  return first!;
}

function toStderr({ stderr }: Pick<Effects, "stderr">, saysUnverified: boolean): OnCheckpointEvent {
  const said = new SaidOnce();
  return (event: CheckpointEvent) => {
    if (event.type !== "warning" || event.code === "copy-repaired") return;
    if (isOfOthers(event.code) && !saysUnverified) return;
    if (said.isNew(event)) void stderr.write(`warning: ${event.message}\n`);
  };
}
