import type { BaseCheckpointManager } from "../../checkpoints/base-checkpoint-manager.js";
import type { CheckpointManager } from "../../checkpoints/checkpoint-manager.js";
import { copyCheckpoint } from "../../checkpoints/copy-checkpoint.js";
import { canonical } from "../../checkpoints/fingerprint-changes.js";
import type { CheckpointInfo } from "../../checkpoints/info.js";
import { DivergedError, KuraError, MissingCheckpointError } from "../../errors.js";
import { isDamage, storedStep } from "../../pipeline/stored-step.js";
import { realPathOf } from "../../storage/local-path.js";
import type { Options } from "../args.js";
import { type Command, EXIT_CODES } from "../command.js";
import { CONFIG_OPTION } from "../config/load-config.js";
import type { Copies } from "../copies.js";
import { assertDirectory, holdersOf, nameOf } from "../directory.js";
import type { Effects } from "../effects.js";
import { Failure, UsageError } from "../failure.js";
import { FORMAT_NAMES, FORMATS, type FormatName, formatOf } from "../formats.js";
import { type Progress, progressOf } from "../progress.js";
import { spellBytes, spellCount, textTable } from "../spell.js";
import { givenCopies } from "../subject.js";
import { writtenThere } from "../written-there.js";

const OPTIONS = {
  to: { kind: "choice", choices: FORMAT_NAMES, about: "the format to convert to" },
  only: { kind: "text", value: "a,b", about: "only these checkpoints" },
  out: { kind: "text", value: "dir", about: "where the copies go (default: beside what they are made from)" },
  compression: {
    kind: "text",
    value: "name",
    about: "of parquet: snappy, gzip, brotli, lz4, zstd, none (default: as what is there, else snappy)",
  },
  replace: { kind: "flag", about: "also in the place of other rows that --out holds; these are kept as a revision" },
  "remove-source": { kind: "flag", about: "remove what was converted, once its copy was read and compared" },
  config: CONFIG_OPTION,
  quiet: { kind: "flag", about: "no progress" },
  json: { kind: "flag", about: "a JSON object for each checkpoint on stdout, and nothing else" },
} as const;

type ConvertOptions = Options<typeof OPTIONS>;

export const convert: Command<typeof OPTIONS> = {
  spec: {
    name: "convert",
    about: "Write checkpoints in another format, or with another compression; the next run takes the copies for fresh.",
    argument: "[[format:]dir | path]",
    options: OPTIONS,
    example: "kura convert checkpoints --to parquet --compression zstd",
    notes: [
      "Of a checkpoint that is there in several formats the one that was saved last is converted. Each copy is read when it is written, and",
      "its rows are compared with the source's; what these were made from, which are missing and their types go with them. The source stays.",
      "Of several copies each is converted in its own directory, or with --out the newest of them. With --out only checkpoints are copied:",
      "their earlier revisions, answers that were paid for and fitted models stay where they are.",
    ].join("\n"),
  },
  whenStopped: "What is converted is whole; run the same command again to go on.",
  async run({ argument, options }, effects) {
    if (options.to === undefined)
      throw new UsageError(
        `convert needs --to: one of ${FORMAT_NAMES.join(", ")}`,
        `for example: ${convert.spec.example}`,
      );
    assertCompression(options.to as FormatName, options.compression);
    const { copies, only } = await sourcesOf(argument, options, effects);
    const progress = progressOf(
      options.json || options.quiet ? "quiet" : effects.stderr.isTerminal ? "terminal" : "plain",
      effects,
    );
    const open = async (directory: string) =>
      await FORMATS[options.to as FormatName].open(directory, {
        ...(await writtenThere(directory, options.to as FormatName)),
        ...(options.compression !== undefined && { compression: options.compression }),
        onEvent: (event) => event.type === "warning" && progress.tell(event),
      });
    const outcomes: Outcome[] = [];
    try {
      for (const { out, sources } of await conversionsOf(copies, only, options, effects)) {
        const target = await open(out);
        for (const source of sources)
          outcomes.push(await convertOne(source, target, { out, options, progress, effects, done: outcomes }));
      }
    } finally {
      progress.end();
    }
    await say(outcomes, options, effects);
    return outcomes.some(({ error }) => error) ? EXIT_CODES.failed : EXIT_CODES.ok;
  },
};

/** @throws {UsageError} Before anything is opened. */
export function assertCompression(format: FormatName, compression: string | undefined): void {
  const compressions: readonly string[] = FORMATS[format].compressions;
  if (compression === undefined || compressions.includes(compression)) return;
  throw new UsageError(
    compressions.length === 0
      ? `${format} has no compression`
      : `--compression of ${format} is one of ${compressions.join(", ")}; "${compression}" was given`,
  );
}

interface Source {
  readonly name: string;
  readonly manager: BaseCheckpointManager;
  /** Where it is, as it was named. */
  readonly dir: string;
}

interface Conversions {
  readonly out: string;
  readonly sources: readonly Source[];
}

async function sourcesOf(
  argument: string | undefined,
  { only, config }: ConvertOptions,
  effects: Effects,
): Promise<{ copies: Copies; only: readonly string[] | undefined }> {
  const { copies, name } = await givenCopies(argument, "converted", config, effects);
  return { copies, only: name !== undefined ? [name] : only?.split(",").map((name) => nameOf(name.trim())) };
}

/** With --out from the newest copy to there; else each copy that is a directory within itself. */
async function conversionsOf(
  copies: Copies,
  only: readonly string[] | undefined,
  options: ConvertOptions,
  effects: Effects,
): Promise<Conversions[]> {
  const { out } = options;
  const there = await copies.names();
  for (const name of only ?? []) if (!there.includes(name)) throw await copies.missing(name);
  const names = [...new Set(only ?? there)].sort();
  if (names.length === 0) throw new Failure(`"${copies.location}" has no checkpoints`);
  if (out !== undefined) {
    assertDirectory(out, `kura push ${out.replace(/^hf:\/\/(?:datasets\/)?/, "")} brings checkpoints there`);
    const sources: Source[] = [];
    for (const name of names) sources.push({ name, manager: await copies.holder(name), dir: copies.location });
    return [{ out, sources }];
  }
  const conversions: Conversions[] = [];
  for (const { label, directory, managers, isAbsent } of copies.all) {
    if (directory === undefined || isAbsent) {
      const why = isAbsent ? "there is no such directory" : "it is no directory";
      if (!copies.areSeveral)
        throw new UsageError(`"${label}" cannot be converted in place: ${why}`, "--out names another");
      await effects.stderr.write(`"${label}" is left as it is: ${why}\n`);
      continue;
    }
    const sources: Source[] = [];
    for (const name of names) {
      const manager = await sourceIn(managers, name, options);
      if (manager) sources.push({ name, manager, dir: directory });
    }
    conversions.push({ out: directory, sources });
  }
  return conversions;
}

/** What was saved last; where sources are to go, rather what that was converted from. */
async function sourceIn(
  managers: readonly BaseCheckpointManager[],
  name: string,
  { to, "remove-source": isRemoved }: ConvertOptions,
): Promise<BaseCheckpointManager | undefined> {
  const [newest, ...others] = await holdersOf(managers, [name]);
  if (!newest || !isRemoved || formatOf(newest) !== to) return newest;
  const saved = await storedStep(newest, name);
  for (const other of others) {
    const stored = await storedStep(other, name);
    if (saved && stored && !isDamage(saved) && !isDamage(stored) && isSame(saved, stored)) return other;
  }
  return newest;
}

interface Outcome {
  readonly source: Source;
  /** Where it was written to. */
  readonly target?: CheckpointManager;
  readonly before?: CheckpointInfo | undefined;
  readonly after?: CheckpointInfo | undefined;
  /** Nothing had to be done, and why. */
  readonly already?: string;
  readonly removed?: boolean;
  readonly error?: KuraError | Failure;
}

interface Conversion {
  readonly out: string;
  /** What was converted before, perhaps in another copy. */
  readonly done: readonly Outcome[];
  readonly options: ConvertOptions;
  readonly progress: Progress;
  readonly effects: Effects;
}

/** One that cannot be converted stops no other. */
async function convertOne(source: Source, target: CheckpointManager, conversion: Conversion): Promise<Outcome> {
  const { name, manager, dir } = source;
  const { out, options, progress, effects } = conversion;
  const { now, signal } = effects;
  try {
    const before = await manager.getCheckpointInfo(name, { signal });
    if (!before) throw new MissingCheckpointError(name, `"${dir}"`);
    const isInPlace = isSameDirectory(dir, out);
    const isSameFile = isInPlace && manager.format === target.format;
    const isOther = options.compression !== undefined;
    if (isSameFile && !isOther) return { source, before, after: before, already: `is ${options.to} already` };
    const standing = isSameFile ? undefined : await storedStep(target, name, { check: true, signal });
    const remove = async () => options["remove-source"] && !isSameFile && (await removeSource(source, before, signal));
    if (!isOther && !isDamage(standing) && standing && isSame(before, standing))
      return { source, before, after: standing, already: "was converted already", removed: await remove() };
    const startedAt = now();
    progress.tell({ type: "step-start", step: name, total: before.rows });
    // Copies that had the same rows are to have the same revision of them.
    const twin = conversion.done.find(
      (one) => one.target && one.source.name === name && one.before && isSame(one.before, before),
    );
    const after = await copyCheckpoint(twin?.target ?? manager, target, name, {
      // In place it is to be what was saved last, and of what is there already another compression is wanted.
      asNew: (isInPlace && !twin) || (!isDamage(standing) && standing !== undefined && isSame(before, standing)),
      replace: options.replace || twin !== undefined,
      signal,
      onProgress: (done, total) => progress.tell({ type: "progress", step: name, done, total }),
    });
    const removed = await remove();
    const seconds = (now() - startedAt) / 1000;
    progress.tell({ type: "step-end", step: name, rows: after.rows ?? 0, reused: false, seconds });
    return { source, target, before, after, removed };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DivergedError)
      return { source, error: new Failure(`"${out}" holds another ${name}`, "--replace puts this one in its place") };
    if (error instanceof KuraError || error instanceof Failure) return { source, error };
    throw error;
  }
}

/** Whatever they are called. */
function isSameDirectory(a: string, b: string): boolean {
  return realPathOf(a) === realPathOf(b);
}

/** The same rows, of which the same is known. */
function isSame(a: CheckpointInfo, b: CheckpointInfo): boolean {
  const said = ({ revision, fingerprint, missing: absent }: CheckpointInfo) =>
    canonical([revision!.rowHash, fingerprint ?? null, absent]);
  return a.revision !== undefined && b.revision !== undefined && said(a) === said(b);
}

/** Only what was copied: whoever saved meanwhile keeps that. */
async function removeSource({ name, manager }: Source, copied: CheckpointInfo, signal: AbortSignal): Promise<boolean> {
  const now = await manager.getCheckpointInfo(name, { signal });
  if (now?.revision?.id !== copied.revision?.id || now?.savedAt?.getTime() !== copied.savedAt?.getTime())
    throw new Failure(
      `${name} was saved anew while it was converted; its ${formatOf(manager)} stays, run the same command again`,
    );
  return await manager.deleteCheckpoint(name, { signal });
}

async function say(outcomes: readonly Outcome[], { json }: ConvertOptions, { stdout, stderr }: Effects): Promise<void> {
  if (json) {
    for (const outcome of outcomes) await stdout.write(`${JSON.stringify(eventOf(outcome))}\n`);
    return;
  }
  const done = outcomes.filter(({ error }) => !error);
  const dirs = new Set(outcomes.map(({ source }) => source.dir));
  const where = (dir: string) => (dirs.size > 1 ? [dir] : []);
  const rows = done.map(({ source, before, after, already, removed }) => [
    source.name,
    ...where(source.dir),
    after?.rows === undefined ? "?" : spellCount(after.rows),
    formatOf(source.manager),
    spellBytes(before!.bytes),
    formatOf(after!),
    spellBytes(after!.bytes),
    before!.bytes === 0 ? "" : `${Math.round((100 * after!.bytes) / before!.bytes)} %`,
    `${already ?? "compared"}${removed ? ", source removed" : ""}`,
  ]);
  if (rows.length > 0) {
    const header = ["name", ...where("copy"), "rows", "from", "size", "to", "size", "of it", ""];
    const right = [1, 3, 5, 6].map((column) => column + header.length - 8);
    const lines = textTable([header, ...rows], { right });
    await stdout.write(`${lines.join("\n")}\n`);
  }
  for (const { source, error } of outcomes) {
    if (!error) continue;
    const hint = error instanceof Failure && error.hint !== undefined ? `\n${error.hint}` : "";
    await stderr.write(`kura: ${source.name} was not converted: ${error.message}${hint}\n`);
  }
}

function eventOf({ source, before, after, already, removed, error }: Outcome): object {
  return {
    checkpoint: source.name,
    ...(error
      ? { error: error.message }
      : {
          rows: after!.rows,
          from: { format: before!.format, bytes: before!.bytes, files: before!.files },
          to: { format: after!.format, bytes: after!.bytes, files: after!.files },
          converted: already === undefined,
          sourceRemoved: removed ?? false,
        }),
  };
}
