import type { OpenCheckpoint, RowOptions } from "../../checkpoints/open-checkpoint.js";
import type { Columns, Row } from "../../rows/column.js";
import { type Condition, compileCondition } from "../../rows/condition.js";
import { compileEncoder } from "../../rows/encode.js";
import { FieldError } from "../../rows/field-error.js";
import { writeJson } from "../../rows/write-json.js";
import { integer, type Options } from "../args.js";
import { type Command, EXIT_CODES } from "../command.js";
import { COPIES_OPTIONS } from "../copies.js";
import type { Effects } from "../effects.js";
import { Failure, UsageError } from "../failure.js";
import { nearestWord } from "../nearest-word.js";
import { rowBlock } from "../row-block.js";
import { spellCount, spellRows } from "../spell.js";
import { subjectOf } from "../subject.js";
import { parseWhere } from "../where.js";

const OPTIONS = {
  where: { kind: "text", value: "condition", about: "only rows that meet it" },
  columns: { kind: "text", value: "a,b", about: "only these fields" },
  rows: { kind: "text", value: "a:b", about: "only rows a (from 0) up to, not including, b; either may be left out" },
  limit: { kind: "integer", value: "n", min: 1, about: "at most so many rows (default: 20; with --json all)" },
  json: { kind: "flag", about: "JSON Lines, exactly as they are stored" },
  ...COPIES_OPTIONS,
} as const;

const DEFAULT_LIMIT = 20;
const WRITTEN_AT_ONCE = 1 << 20;

export const show: Command<typeof OPTIONS> = {
  spec: {
    name: "show",
    about:
      "Print rows of a checkpoint, or of a .jsonl file, a .parquet file or a HuggingFace dataset given by its path.",
    argument: "<checkpoint | path>",
    options: OPTIONS,
    example: `kura show summaries --where "concerning_score >= 4 and topic contains 'python'" --columns chat_id,summary`,
    notes: [
      "Conditions: field = != > >= < <= value, field contains value, field in (value, …), field is null, field is not null,",
      "joined by and, or, not and parentheses. Texts are in quotes; dots lead into fields: metadata.intent; a name with spaces",
      "or a dash is in backticks.",
    ].join("\n"),
  },
  async run({ argument, options }, effects) {
    const where = options.where === undefined ? undefined : parseWhere(options.where);
    const range = options.rows === undefined ? {} : rowRange(options.rows);
    const { name, copies } = await subjectOf(argument!, "shown", options, effects);
    const manager = await copies.holder(name);
    await copies.sayWhichIsTaken(name, effects);
    const opened = await manager.openCheckpoint(name, undefined, { signal: effects.signal });
    if (!opened) throw await copies.missing(name);
    try {
      const { columns } = opened.info;
      if (where) assertFits(where, columns);
      const chosen = options.columns === undefined ? undefined : columnNames(options.columns, columns);
      const { signal } = effects;
      await printRows(
        opened,
        { ...range, signal, ...(where && { where }), ...(chosen && { columns: chosen }) },
        options,
        effects,
      );
    } finally {
      await opened.close();
    }
    return EXIT_CODES.ok;
  },
};

async function printRows(
  opened: OpenCheckpoint,
  query: RowOptions,
  { json, limit: asked }: Options<typeof OPTIONS>,
  { stdout, stderr }: Effects,
): Promise<void> {
  const { where, columns: chosen, rowStart = 0 } = query;
  const columns = opened.info.columns.filter(({ name }) => chosen?.includes(name) ?? true);
  // Of a file that nothing describes no column is known.
  const encode: (row: Row) => string = columns.length > 0 ? compileEncoder(columns) : writeJson;
  const limit = asked ?? (json ? Number.POSITIVE_INFINITY : DEFAULT_LIMIT);
  const width = stdout.isTerminal ? Math.max(40, stdout.columns) : 120;
  let shown = 0;
  let hasMore = false;
  for await (const batch of opened.batches(query)) {
    const rows = batch.slice(0, limit - shown);
    let text = "";
    for (const [index, row] of rows.entries()) {
      const place = where ? `match ${shown + index + 1}` : `row ${rowStart + shown + index}`;
      text += json ? `${jsonOf(row, encode, place)}\n` : `${rowBlock(row, { title: place, width })}\n\n`;
      // A few hundred rows of many megabytes would be more than a text can hold.
      if (text.length < WRITTEN_AT_ONCE && index < rows.length - 1) continue;
      await stdout.write(text);
      text = "";
    }
    shown += rows.length;
    hasMore = rows.length < batch.length;
    if (hasMore || stdout.isClosed) break;
    // Whether there is more behind a full page costs no further batch to tell where the count is known.
    if (shown === limit && !where && opened.info.rows !== undefined) {
      hasMore = rowStart + shown < Math.min(query.rowEnd ?? Number.POSITIVE_INFINITY, opened.info.rows);
      break;
    }
  }
  if (!json)
    await stderr.write(`${summaryLine(shown, { hasMore, matching: where !== undefined, total: opened.info.rows })}\n`);
}

/** Other people's files hold numbers that are none of JSON. */
function jsonOf(row: Row, encode: (row: Row) => string, place: string): string {
  try {
    return encode(row);
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    const { field, reason } = error;
    throw new Failure(
      `cannot write ${place} as JSON: field "${field}": ${reason}`,
      "leave the column out (--columns), or show rows without --json",
    );
  }
}

function summaryLine(
  shown: number,
  { hasMore, matching, total }: { hasMore: boolean; matching: boolean; total: number | undefined },
): string {
  const of = total === undefined || matching ? "" : ` of ${spellCount(total)}`;
  if (hasMore)
    return `the first ${spellRows(shown)}${of}${matching ? matchSuffix(shown) : ""}; --limit shows more, --rows a:b others`;
  if (!matching) return `${spellRows(shown)}${of}`;
  return shown === 0 ? "no row matches" : `${spellRows(shown)}${matchSuffix(shown)}`;
}

const matchSuffix = (shown: number): string => (shown === 1 ? " that matches" : " that match");

function rowRange(text: string): { rowStart?: number; rowEnd?: number } {
  const [start, end, ...rest] = text.split(":");
  if (start === undefined || end === undefined || rest.length > 0 || text === ":") {
    throw new UsageError(`--rows is a:b, a: or :b; "${text}" was given`, "for example: --rows 100:120");
  }
  const rowStart = start === "" ? 0 : integer("the start of --rows", start, 0);
  if (end === "") return { rowStart };
  return { rowStart, rowEnd: integer("the end of --rows, which is not included,", end, rowStart + 1) };
}

function columnNames(text: string, known: Columns): string[] {
  const names = text.split(",").map((name) => name.trim());
  const all = known.map(({ name }) => name);
  for (const name of names) {
    if (name === "") throw new UsageError(`--columns has an empty name in "${text}"`);
    if (known.length === 0 || all.includes(name)) continue;
    const outer = all.find((column) => name.startsWith(`${column}.`));
    if (outer !== undefined)
      throw new UsageError(`--columns takes whole columns, and "${name}" is a part of one`, `try --columns ${outer}`);
    const nearest = nearestWord(name, all);
    throw new UsageError(
      `there is no column "${name}"`,
      nearest === undefined ? `there are ${all.join(", ")}` : `did you mean ${nearest}?`,
    );
  }
  return names;
}

function assertFits(where: Condition, columns: Columns): void {
  try {
    compileCondition(where, columns.length > 0 ? columns : undefined);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
