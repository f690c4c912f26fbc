import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { CheckpointEvent, OnCheckpointEvent } from "../checkpoints/event.js";
import {
  MultiCheckpointManager,
  type MultiCheckpointManagerOptions,
} from "../checkpoints/multi/multi-checkpoint-manager.js";
import { KuraError } from "../errors.js";
import { LocalStorage } from "../storage/local.js";
import type { OptionSpecs } from "./args.js";
import { CONFIG_OPTION, loadConfig } from "./config/load-config.js";
import { assertNoFile, holdersOf, isManager, isNothing, outOption, parsePlace, shellWord } from "./directory.js";
import type { Effects } from "./effects.js";
import { Failure, UsageError } from "./failure.js";
import { FORMAT_NAMES, FORMATS, formatNamed } from "./formats.js";
import { isDataset, openDataset, parseDataset } from "./hub.js";
import { nearestWord } from "./nearest-word.js";
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
}

/**
 * What a command works on: all copies that were typed, or that the environment or the config names. Their warnings go to stderr, each once.
 *
 * @throws {UsageError} For what is no place, and a single directory that is not there.
 */
export async function openCopies(asked: CopiesAsked, effects: Pick<Effects, "stderr" | "env">): Promise<Copies> {
  const { config } = await loadConfig(asked.config);
  const setting = settingOf({ out: asked.typed, config }, effects);
  const onEvent = toStderr(effects, asked.saysUnverified ?? true);
  const further = furtherOption(asked);
  if (isManager(setting)) return new Copies(leavesOf(setting).map(copyOf), { given: setting, further, onEvent });
  const { copies: settings, options } = copiesOf(setting);
  const isOnly = settings.length === 1;
  const copies: CommandCopy[] = [];
  for (const one of settings) {
    const opened = isManager(one)
      ? leavesOf(one).map(copyOf)
      : [await openCopy(one, { asked, isOnly, onEvent }, effects)];
    copies.push(...opened);
  }
  return new Copies(
    copies.filter(({ managers }) => managers.some(({ enabled }) => enabled)),
    { options, further, onEvent },
  );
}

/** How a further command names the same copies; undefined: as it does a single directory. */
function furtherOption({ typed, config }: CopiesAsked): string | undefined {
  if (typed !== undefined && typed.length > 1) return typed.map((dir) => ` --out ${shellWord(dir)}`).join("");
  return typed === undefined && config !== undefined ? ` --config ${shellWord(config)}` : undefined;
}

/** All copies that a command works on. */
export class Copies {
  readonly all: readonly CommandCopy[];
  readonly #given: BaseCheckpointManager | undefined;
  readonly #options: Omit<MultiCheckpointManagerOptions, "onEvent"> | undefined;
  readonly #onEvent: OnCheckpointEvent;
  readonly #further: string | undefined;

  constructor(
    all: readonly CommandCopy[],
    {
      given,
      options,
      further,
      onEvent,
    }: {
      /** The manager that a config makes. */
      given?: BaseCheckpointManager;
      options?: Omit<MultiCheckpointManagerOptions, "onEvent"> | undefined;
      further: string | undefined;
      onEvent: OnCheckpointEvent;
    },
  ) {
    if (all.length === 0) throw new UsageError("there is no checkpoint directory to work on: none is enabled");
    this.all = all;
    this.#given = given;
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
   * The manager of a checkpoint: of a directory that of the format that the checkpoint is in, where it is in several of the one that was
   * saved last; of several copies all of them as one.
   */
  async holder(name: string): Promise<BaseCheckpointManager> {
    if (this.#given) return this.#given;
    const holders: BaseCheckpointManager[] = [];
    for (const { managers } of this.all) {
      const holder = holderIn(managers, name).catch((error: unknown) => {
        // What is wrong with one of several they say together.
        if (this.areSeveral && error instanceof KuraError) return managers[0]!;
        throw error;
      });
      holders.push(await holder);
    }
    const [first, ...others] = holders;
    if (others.length === 0) return first!;
    return new MultiCheckpointManager(holders, { ...this.#options, onEvent: this.#onEvent });
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
          for (const each of await (await FORMATS[format].open(directory, {})).listCheckpoints().catch(() => []))
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

async function openCopy(
  setting: Exclude<ReturnType<typeof copiesOf>["copies"][number], BaseCheckpointManager>,
  { asked, isOnly, onEvent }: { asked: CopiesAsked; isOnly: boolean; onEvent: OnCheckpointEvent },
  effects: Pick<Effects, "env">,
): Promise<CommandCopy> {
  const { dir: typed, format: own, ...options } = typeof setting === "string" ? { dir: setting } : setting;
  const place = own === undefined ? parsePlace(typed) : { dir: typed, format: formatNamed(own) };
  const { dir } = place;
  if (isDataset(dir)) {
    const { compression: _ofWriting, ...rest } = options;
    const dataset = await openDataset(parseDataset(dir), effects, { ...rest, onEvent });
    return { label: dir, managers: [dataset], directory: undefined, isAbsent: false };
  }
  // Of several one may be ill.
  if (isOnly) assertNoFile(dir);
  const isAbsent = isNothing(dir);
  if (isAbsent && isOnly && !asked.isMade)
    throw new UsageError(`there is no directory "${dir}"`, "`kura run <conversations>` makes one; --out names another");
  const wanted = formatNamed(asked.format ?? "auto");
  // What is typed with the directory is of it alone; what a config says of it, is what a command may say otherwise.
  const format = asked.typed ? (place.format ?? wanted) : (wanted ?? place.format);
  const formats = format !== undefined ? [format] : isAbsent ? [formatIn(effects) ?? "jsonl"] : FORMAT_NAMES;
  const managers = await Promise.all(
    formats.map((name) =>
      FORMATS[name].open(dir, {
        ...options,
        // Of another format it would be an error.
        compression: name === place.format ? options.compression : undefined,
        onEvent,
      }),
    ),
  );
  return { label: dir, managers, directory: dir, isAbsent };
}

function copyOf(manager: BaseCheckpointManager): CommandCopy {
  const directory = manager.storage instanceof LocalStorage ? manager.storage.label : undefined;
  const isAbsent = directory !== undefined && isNothing(directory);
  return { label: manager.location, managers: [manager], directory, isAbsent };
}

/** The copies of a manager that a config makes, also of one of several of several. */
function leavesOf(manager: BaseCheckpointManager): BaseCheckpointManager[] {
  if (manager instanceof MultiCheckpointManager) return manager.managers.flatMap(leavesOf);
  return manager.enabled ? [manager] : [];
}

async function holderIn(managers: readonly BaseCheckpointManager[], name: string): Promise<BaseCheckpointManager> {
  const [first, ...others] = managers;
  if (others.length === 0) return first!;
  const [holder] = await holdersOf(managers, [name]);
  if (holder) return holder;
  // One whose file was removed by hand can still be restored; of one that was deleted, that is known.
  for (const manager of managers) {
    const { state } = await manager.getRevisionState(name);
    if (state === "deleted" || (await manager.listRevisions(name)).length > 0) return manager;
  }
  return first!;
}

function toStderr({ stderr }: Pick<Effects, "stderr">, saysUnverified: boolean): OnCheckpointEvent {
  const said = new Set<string>();
  return (event: CheckpointEvent) => {
    if (event.type !== "warning" || said.has(event.message)) return;
    if (event.code === "copy-repaired" || (event.code === "unverified" && !saysUnverified)) return;
    said.add(event.message);
    void stderr.write(`warning: ${event.message}\n`);
  };
}
