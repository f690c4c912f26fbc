import type { CheckpointManager } from "../../checkpoints/checkpoint-manager.js";
import type { CheckpointInfo } from "../../checkpoints/info.js";
import type { OpenCheckpoint } from "../../checkpoints/open-checkpoint.js";
import { CorruptCheckpointError } from "../../errors.js";
import type { Options } from "../args.js";
import { type Command, EXIT_CODES } from "../command.js";
import { directoryFor } from "../default-directory.js";
import { fileUnlessDirectory, holdersOf, missing, nameOf, openDirectory, parsePlace } from "../directory.js";
import type { Effects } from "../effects.js";
import { Failure, UsageError } from "../failure.js";
import { FORMAT_NAMES, type FormatName, formatOf } from "../formats.js";
import { RowReport } from "../row-report.js";
import { spellBytes, spellCount, textTable } from "../spell.js";

const OPTIONS = {
  with: {
    kind: "text",
    value: "[format:]dir",
    about: "compare the rows with those of another directory, format or file",
  },
  revision: {
    kind: "text",
    value: "id",
    about: "compare the rows of one checkpoint with an earlier revision: its id, or before",
  },
  only: { kind: "text", value: "a,b", about: "only these checkpoints" },
  key: { kind: "text", value: "field", about: "the field that tells rows apart (default: the row type's)" },
  limit: {
    kind: "integer",
    value: "n",
    min: 0,
    default: 10,
    about: "list at most so many rows of a checkpoint that differ",
  },
  json: { kind: "flag", about: "JSON Lines: of sizes, or of every row that differs, and of each checkpoint" },
} as const;

type CompareOptions = Options<typeof OPTIONS>;

export const compare: Command<typeof OPTIONS> = {
  spec: {
    name: "compare",
    about: "Compare formats by size, or two directories, formats, files or revisions by their rows.",
    argument: "[[format:]dir | path]",
    options: OPTIONS,
    example: "kura compare checkpoints --with backup",
    notes: [
      "Without --with and --revision: how large each checkpoint is in each format that is there. With one of them: which rows were added (+),",
      "removed (-) and changed (~) from the other to this one. Exit code 1 if rows differ.",
    ].join("\n"),
  },
  async run({ argument, options }, effects) {
    if (options.with !== undefined && options.revision !== undefined)
      throw new UsageError("--with and --revision cannot be combined");
    const here = await sideOf(await directoryFor(argument, effects), options.only, effects);
    const there = options.with === undefined ? undefined : await sideOf(options.with, options.only, effects);
    await assertThere(options.only, [here, ...(there ? [there] : [])]);
    if (options.revision !== undefined) return await compareRevision(here, options.revision, options, effects);
    if (there) return await compareSides(here, there, options, effects);
    return await compareSizes(here, options, effects);
  },
};

/** A directory, or a part of it. */
interface Side {
  readonly typed: string;
  readonly managers: readonly CheckpointManager[];
  readonly names: readonly string[];
}

async function sideOf(typed: string, only: string | undefined, effects: Effects): Promise<Side> {
  const place = parsePlace(typed);
  const file = place.format === undefined ? fileUnlessDirectory(typed, "compared") : undefined;
  const { dir, format } = file ?? place;
  const managers = await openDirectory(dir, effects, { format, saysUnverified: false });
  if (file) return { typed, managers, names: [file.name] };
  const there = (await Promise.all(managers.map((manager) => manager.listCheckpoints()))).flat();
  const wanted = only?.split(",").map((name) => nameOf(name.trim()));
  return { typed, managers, names: [...new Set(there)].filter((name) => wanted?.includes(name) ?? true).sort() };
}

/** @throws {Failure} If a checkpoint that is named is on no side. */
async function assertThere(only: string | undefined, sides: readonly Side[]): Promise<void> {
  for (const name of only?.split(",").map((each) => nameOf(each.trim())) ?? []) {
    if (!sides.some(({ names }) => names.includes(name))) throw await missing(sides[0]!.managers[0]!, name);
  }
}

async function compareSizes(
  { typed, managers, names }: Side,
  { json }: CompareOptions,
  { stdout, stderr, signal }: Effects,
): Promise<number> {
  const sizes: { name: string; infos: Map<FormatName, CheckpointInfo> }[] = [];
  let code: number = EXIT_CODES.ok;
  for (const name of names) {
    const infos = new Map<FormatName, CheckpointInfo>();
    for (const manager of managers) {
      try {
        const info = await manager.getCheckpointInfo(name, { signal });
        if (info) infos.set(formatOf(manager), info);
      } catch (error) {
        if (!(error instanceof CorruptCheckpointError)) throw error;
        await stderr.write(`${error.message}\n`);
        code = EXIT_CODES.failed;
      }
    }
    sizes.push({ name, infos });
  }
  if (json) {
    for (const { name, infos } of sizes)
      await stdout.write(
        `${JSON.stringify({ checkpoint: name, formats: Object.fromEntries([...infos].map(([format, { rows, bytes }]) => [format, { rows, bytes }])) })}\n`,
      );
    return code;
  }
  const formats = FORMAT_NAMES.filter((format) => sizes.some(({ infos }) => infos.has(format)));
  const [base, ...others] = formats;
  if (base === undefined) {
    await stdout.write(`"${typed}" has no checkpoints\n`);
    return code;
  }
  // A total of what not all formats have would compare nothing.
  const shared = sizes.filter(({ infos }) => infos.size === formats.length);
  const total = (format: FormatName) => shared.reduce((sum, { infos }) => sum + infos.get(format)!.bytes, 0);
  const row = (name: string, rows: string, bytesIn: (format: FormatName) => number | undefined) => [
    name,
    rows,
    ...formats.map((format) => {
      const bytes = bytesIn(format);
      return bytes === undefined ? "" : spellBytes(bytes);
    }),
    ...others.map((format) => partOf(bytesIn(format), bytesIn(base))),
  ];
  const header = ["name", "rows", ...formats, ...others.map((format) => `${format} of ${base}`)];
  const lines = sizes.map(({ name, infos }) =>
    row(name, rowsOf([...infos.values()]), (format) => infos.get(format)?.bytes),
  );
  const sum = row(shared.length === sizes.length ? "total" : "total of those in all", "", total);
  const right = header.map((_, index) => index).slice(1);
  await stdout.write(`${textTable([header, ...lines, sum], { right }).join("\n")}\n`);
  return code;
}

function partOf(bytes: number | undefined, whole: number | undefined): string {
  return bytes === undefined || !whole ? "" : `${((100 * bytes) / whole).toFixed(0)} %`;
}

/** One count, or all where formats do not hold the same. */
function rowsOf(infos: readonly CheckpointInfo[]): string {
  const counts = [...new Set(infos.flatMap(({ rows }) => (rows === undefined ? [] : [rows])))];
  return counts.length === 0 ? "?" : counts.map(spellCount).join(" / ");
}

async function compareSides(here: Side, there: Side, options: CompareOptions, effects: Effects): Promise<number> {
  // Two files, whatever they are called.
  const pairs: (readonly [string | undefined, string | undefined])[] =
    here.names.length === 1 && there.names.length === 1
      ? [[there.names[0], here.names[0]]]
      : [...new Set([...here.names, ...there.names])]
          .sort()
          .map((name) => [there.names.includes(name) ? name : undefined, here.names.includes(name) ? name : undefined]);
  if (pairs.length === 0)
    throw new Failure(`neither "${here.typed}" nor "${there.typed}" has ${options.only ?? "a checkpoint"}`);
  const report = new RowReport(options, effects);
  for (const [before, after] of pairs) {
    const name = (after ?? before)!;
    if (before === undefined || after === undefined) {
      await report.oneSided(name, before === undefined ? here.typed : there.typed);
      continue;
    }
    const opened = [await openFirst(there, before), await openFirst(here, after)] as const;
    await report.rows(name, ...opened, effects.signal);
  }
  return (await report.end()) ? EXIT_CODES.failed : EXIT_CODES.ok;
}

async function openFirst({ managers }: Side, name: string): Promise<OpenCheckpoint> {
  const [manager] = await holdersOf(managers, [name]);
  const opened = await manager?.openCheckpoint(name);
  if (!opened) throw await missing(managers[0]!, name);
  return opened;
}

async function compareRevision(here: Side, id: string, options: CompareOptions, effects: Effects): Promise<number> {
  const [name, ...more] = here.names;
  if (name === undefined) throw await missing(here.managers[0]!, options.only ?? "");
  if (more.length > 0) throw new UsageError("--revision needs one checkpoint", `for example: --only ${name}`);
  const [manager] = await holdersOf(here.managers, [name]);
  const revisions = await manager!.listRevisions(name);
  const earlier = revisions.filter(({ current }) => !current);
  const wanted =
    id === "before" ? (earlier.find(({ ours }) => ours) ?? earlier[0]) : earlier.find((revision) => revision.id === id);
  if (!wanted) {
    const ids = earlier.map((revision) => revision.id).join(", ");
    throw new Failure(
      id === "before" ? `${name} has no earlier revision` : `${name} has no earlier revision ${id}`,
      ids === "" ? undefined : `there are ${ids}`,
    );
  }
  const before = await manager!.openRevision(name, wanted.id);
  const after = await openFirst(here, name);
  const report = new RowReport(options, effects);
  await report.rows(name, before, after, effects.signal);
  return (await report.end()) ? EXIT_CODES.failed : EXIT_CODES.ok;
}
