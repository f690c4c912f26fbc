import type { BaseCheckpointManager } from "../../checkpoints/base-checkpoint-manager.js";
import type { CheckpointInfo } from "../../checkpoints/info.js";
import type { OpenCheckpoint } from "../../checkpoints/open-checkpoint.js";
import { KuraError } from "../../errors.js";
import type { Options } from "../args.js";
import { type Command, EXIT_CODES } from "../command.js";
import { CONFIG_OPTION } from "../config/load-config.js";
import type { Copies } from "../copies.js";
import { nameOf } from "../directory.js";
import type { Effects } from "../effects.js";
import { Failure, UsageError } from "../failure.js";
import { formatOf } from "../formats.js";
import { RowReport } from "../row-report.js";
import { spellBytes, spellCount, textTable } from "../spell.js";
import { givenCopies } from "../subject.js";

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
  config: CONFIG_OPTION,
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
    secondWord: (word) => `to compare with "${word}": --with ${word}`,
    notes: [
      "Without --with and --revision: how large each checkpoint is in each format that is there. With one of them: which rows were added (+),",
      "removed (-) and changed (~) from the other to this one. Exit code 1 if rows differ.",
    ].join("\n"),
  },
  async run({ argument, options }, effects) {
    if (options.with !== undefined && options.revision !== undefined)
      throw new UsageError("--with and --revision cannot be combined");
    const here = await sideOf(argument, options, effects);
    const there = options.with === undefined ? undefined : await sideOf(options.with, options, effects);
    await assertThere(options.only, [here, ...(there ? [there] : [])]);
    if (options.revision !== undefined) return await compareRevision(here, options.revision, options, effects);
    if (there) return await compareSides(here, there, options, effects);
    return await compareSizes(here, options, effects);
  },
};

/** A directory, or a part of it; or several copies. */
interface Side {
  /** As it was named. */
  readonly typed: string;
  readonly copies: Copies;
  readonly names: readonly string[];
}

async function sideOf(typed: string | undefined, { only, config }: CompareOptions, effects: Effects): Promise<Side> {
  const { copies, name } = await givenCopies(typed, "compared", config, effects);
  const shown = typed ?? copies.location;
  if (name !== undefined) return { typed: shown, copies, names: [name] };
  const wanted = only?.split(",").map((name) => nameOf(name.trim()));
  return { typed: shown, copies, names: (await copies.names()).filter((name) => wanted?.includes(name) ?? true) };
}

/** @throws {Failure} If a checkpoint that is named is on no side. */
async function assertThere(only: string | undefined, sides: readonly Side[]): Promise<void> {
  for (const name of only?.split(",").map((each) => nameOf(each.trim())) ?? []) {
    if (!sides.some(({ names }) => names.includes(name))) throw await sides[0]!.copies.missing(name);
  }
}

/** What sizes are of: a format, of several copies that of one of them. */
interface Kind {
  readonly label: string;
  readonly manager: BaseCheckpointManager;
}

function kindsOf(copies: Copies): Kind[] {
  return copies.all.flatMap(({ label, managers }) =>
    managers.map((manager) => {
      const format = formatOf(manager);
      return { manager, label: copies.areSeveral ? `${format} of ${label}` : format };
    }),
  );
}

async function compareSizes(
  { typed, copies, names }: Side,
  { json }: CompareOptions,
  { stdout, stderr, signal }: Effects,
): Promise<number> {
  const kinds = kindsOf(copies);
  const sizes: { name: string; infos: Map<Kind, CheckpointInfo> }[] = [];
  let code: number = EXIT_CODES.ok;
  for (const name of names) {
    const infos = new Map<Kind, CheckpointInfo>();
    for (const kind of kinds) {
      try {
        const info = await kind.manager.getCheckpointInfo(name, { signal });
        if (info) infos.set(kind, info);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof KuraError)) throw error;
        await stderr.write(`${error.message}\n`);
        code = EXIT_CODES.failed;
      }
    }
    sizes.push({ name, infos });
  }
  if (json) {
    for (const { name, infos } of sizes) {
      const formats = Object.fromEntries([...infos].map(([{ label }, { rows, bytes }]) => [label, { rows, bytes }]));
      await stdout.write(`${JSON.stringify({ checkpoint: name, formats })}\n`);
    }
    return code;
  }
  const there = kinds.filter((kind) => sizes.some(({ infos }) => infos.has(kind)));
  const [base, ...others] = there;
  if (base === undefined) {
    await stdout.write(`"${typed}" has no checkpoints\n`);
    return code;
  }
  // A total of what not all formats have would compare nothing.
  const shared = sizes.filter(({ infos }) => infos.size === there.length);
  const total = (kind: Kind) => shared.reduce((sum, { infos }) => sum + infos.get(kind)!.bytes, 0);
  const row = (name: string, rows: string, bytesIn: (kind: Kind) => number | undefined) => [
    name,
    rows,
    ...there.map((kind) => {
      const bytes = bytesIn(kind);
      return bytes === undefined ? "" : spellBytes(bytes);
    }),
    ...others.map((kind) => partOf(bytesIn(kind), bytesIn(base))),
  ];
  const part = ({ label }: Kind) => (copies.areSeveral ? "of the first" : `${label} of ${base.label}`);
  const header = ["name", "rows", ...there.map(({ label }) => label), ...others.map(part)];
  const lines = sizes.map(({ name, infos }) =>
    row(name, rowsOf([...infos.values()]), (kind) => infos.get(kind)?.bytes),
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
    const opened = [
      await openFirst(there, before, effects.signal),
      await openFirst(here, after, effects.signal),
    ] as const;
    await report.rows(name, ...opened, effects.signal);
  }
  return (await report.end()) ? EXIT_CODES.failed : EXIT_CODES.ok;
}

async function openFirst({ copies }: Side, name: string, signal: AbortSignal): Promise<OpenCheckpoint> {
  const opened = await (await copies.holder(name)).openCheckpoint(name, undefined, { signal });
  if (!opened) throw await copies.missing(name);
  return opened;
}

async function compareRevision(here: Side, id: string, options: CompareOptions, effects: Effects): Promise<number> {
  const [name, ...more] = here.names;
  if (name === undefined) throw await here.copies.missing(options.only ?? "");
  if (more.length > 0) throw new UsageError("--revision needs one checkpoint", `for example: --only ${name}`);
  const manager = await here.copies.holder(name);
  const revisions = await manager.listRevisions(name, { signal: effects.signal });
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
  const before = await manager.openRevision(name, wanted.id);
  const after = await openFirst(here, name, effects.signal);
  const report = new RowReport(options, effects);
  await report.rows(name, before, after, effects.signal);
  return (await report.end()) ? EXIT_CODES.failed : EXIT_CODES.ok;
}
