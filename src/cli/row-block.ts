import { cutToWidth, displayWidth, printable } from "../pipeline/visualise-text.js";
import type { Row } from "../rows/column.js";
import { writeJson } from "../rows/write-json.js";

const MAX_LINES = 4;
const MAX_NUMBERS = 6;

/** A row for people: a title, then a line for each field; long values take up to four lines and are cut there. */
export function rowBlock(row: Row, { title, width }: { title: string; width: number }): string {
  const fields = Object.entries(row);
  const labels = Math.min(24, Math.max(0, ...fields.map(([name]) => displayWidth(name))));
  const lines = [`── ${title} ${"─".repeat(Math.max(0, Math.min(width, 60) - title.length - 4))}`];
  for (const [name, value] of fields) {
    const label = cutToWidth(printable(name), labels);
    const [first = "", ...more] = wrapped(spellValue(value), Math.max(10, width - labels - 2));
    lines.push(`${label}${" ".repeat(labels - displayWidth(label))}  ${first}`.trimEnd());
    for (const line of more) lines.push(" ".repeat(labels + 2) + line);
  }
  return lines.join("\n");
}

/** For reading, not for parsing: texts without quotes, the first numbers of a long list. */
function spellValue(value: unknown): string {
  if (typeof value === "string") return printable(value);
  const isNumbers =
    value instanceof Float32Array || (Array.isArray(value) && value.every((item) => typeof item === "number"));
  if (isNumbers && value.length > MAX_NUMBERS) {
    const first = Array.from(value.slice(0, MAX_NUMBERS) as ArrayLike<number>, (number) =>
      Number(number.toPrecision(4)),
    );
    return `[${first.join(", ")}, …] (${value.length} numbers)`;
  }
  return printable(spellJson(value));
}

/** As JSON, but for what is none, or would not read back as what it is: other people's files hold NaN, and bigints that are small. */
function spellJson(value: unknown): string {
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))) return String(value);
  if (value instanceof Float32Array) return `[${[...value].join(", ")}]`;
  if (Array.isArray(value)) return `[${value.map(spellJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return writeJson(value ?? null);
  const members = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}:${spellJson(inner)}`);
  return `{${members.join(",")}}`;
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (lines.length < MAX_LINES - 1 && displayWidth(rest) > width) {
    const fitting = cutToWidth(rest, width).slice(0, -1);
    const space = rest[fitting.length] === " " ? fitting.length : fitting.lastIndexOf(" ");
    // A text without spaces is cut where the line ends.
    const end = space > fitting.length / 2 ? space : Math.max(1, fitting.length);
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, cutToWidth(rest, width)];
}
