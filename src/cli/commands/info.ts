import type { StoredRevision } from "../../checkpoints/checkpoint-manager.js";
import { canonical } from "../../checkpoints/fingerprint-changes.js";
import type { CheckpointInfo } from "../../checkpoints/info.js";
import type { MultiCheckpointInfo } from "../../checkpoints/multi/multi-checkpoint-manager.js";
import { describeColumn } from "../../rows/describe-column.js";
import type { Command } from "../command.js";
import { EXIT_CODES } from "../command.js";
import { COPIES_OPTIONS } from "../copies.js";
import { spellBytes, spellCount, spellTime, textTable } from "../spell.js";
import { subjectOf } from "../subject.js";
import { VERIFIED } from "./ls.js";

const OPTIONS = {
  ...COPIES_OPTIONS,
  check: { kind: "flag", about: "read and hash every byte, count every row" },
} as const;

export const info: Command<typeof OPTIONS> = {
  spec: {
    name: "info",
    about: "Print all that is known of a checkpoint: its rows, columns, revisions, and what it was made from.",
    argument: "<checkpoint | path>",
    options: OPTIONS,
    example: "kura info summaries --check",
  },
  async run({ argument, options }, effects) {
    const { check } = options;
    const { stdout, signal } = effects;
    const { name, copies } = await subjectOf(argument!, "inspected", options, effects);
    const manager = await copies.holder(name);
    const known = await manager.getCheckpointInfo(name, { check, signal });
    if (!known) throw await copies.missing(name);
    const lines = [
      ...facts(known),
      ...copyLines(known),
      ...columnLines(known),
      ...revisionLines(await manager.listRevisions(name)),
      ...fingerprintLines(known),
    ];
    await stdout.write(`${lines.join("\n")}\n`);
    return known.complete ? EXIT_CODES.ok : EXIT_CODES.incomplete;
  },
};

function facts(info: CheckpointInfo): string[] {
  const { name, format, files, bytes, rows, rowType, savedAt, verified, complete, missing: absent, revision } = info;
  const some = absent.slice(0, 10).join(", ") + (absent.length > 10 ? ", …" : "");
  return textTable([
    ["name", name],
    ["rows", rows === undefined ? "unknown; --check counts them" : spellCount(rows)],
    ["size", `${spellBytes(bytes)} (${spellCount(bytes)} bytes)`],
    ["format", format],
    ["files", files.join(", ")],
    ["row type", rowType ?? "unknown"],
    ["saved", savedAt ? spellTime(savedAt) : "unknown"],
    ["verified", VERIFIED[verified || "no"]],
    ["complete", complete ? "yes" : `no, ${spellCount(absent.length)} missing: ${some}`],
    ["revision", revision?.id ?? "none: not saved by this library"],
    ...(revision?.rowHash ? [["row hash", revision.rowHash]] : []),
  ]);
}

/** Of several copies, how each is. */
function copyLines(known: CheckpointInfo): string[] {
  const { copies = [] } = known as Partial<MultiCheckpointInfo>;
  if (copies.length === 0) return [];
  const rows = copies.map(({ copy, state, revision = "", error }) => [copy, state, revision, error?.message ?? ""]);
  return ["", "copies", ...indented(rows)];
}

function columnLines({ columns }: CheckpointInfo): string[] {
  if (columns.length === 0) return [];
  return ["", "columns", ...indented(columns.map((column) => [column.name, describeColumn(column)]))];
}

function revisionLines(revisions: readonly StoredRevision[]): string[] {
  if (revisions.length === 0) return [];
  const rows = revisions.map(({ id, savedAt, rows, bytes, current, ours }) => [
    id,
    savedAt ? spellTime(new Date(savedAt)) : "?",
    rows === undefined ? "? rows" : `${spellCount(rows)} rows`,
    spellBytes(bytes),
    [current ? "current" : "", ours ? "" : "not saved by this library"].join(""),
  ]);
  return ["", "revisions", ...indented(rows)];
}

function fingerprintLines({ fingerprint }: CheckpointInfo): string[] {
  if (!fingerprint) return [];
  return ["", "made from", ...indented(Object.entries(fingerprint).map(([part, value]) => [part, canonical(value)]))];
}

function indented(rows: readonly (readonly string[])[]): string[] {
  return textTable(rows).map((line) => `  ${line}`);
}
