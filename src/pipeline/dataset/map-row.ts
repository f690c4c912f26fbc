import { describeValue } from "../../loaders/describe-value.js";
import { parseLossless } from "../../rows/lossless-json.js";
import { writeJson } from "../../rows/write-json.js";

/** Which column of a dataset holds what: `{ chat_id: "conversation_hash", messages: "conversation" }`; a path into a struct has dots. */
export type RowMap = Readonly<Partial<Record<MapTarget, string>>>;
export const MAP_TARGETS = ["chat_id", "created_at", "messages"] as const;
export type MapTarget = (typeof MAP_TARGETS)[number];

/** What well-known datasets call it, where nothing says so and the usual name is not there. */
const USUAL: RowMap = { chat_id: "conversation_hash", messages: "conversation" };

type Row = Record<string, unknown>;

/** A row under the names by which conversations are known; what is mapped nowhere stays, and becomes metadata. */
export function mapRow(text: string, map: RowMap): { text: string; problem: string | undefined } {
  const row = lossless(text);
  if (typeof row !== "object" || row === null || Array.isArray(row)) return { text, problem: undefined };
  const mapped: Row = { ...row };
  let problem: string | undefined;
  for (const target of MAP_TARGETS) {
    const from = map[target] ?? (target in row || !(USUAL[target]! in row) ? undefined : USUAL[target]);
    const value = valueAt(row as Row, from ?? target);
    if (target === "messages") problem ??= problemOf(value, from ?? target);
    if (from === undefined) continue;
    if (value === undefined) problem ??= `its rows have no "${from}"; they are like ${text.slice(0, 200)}…`;
    delete mapped[from.split(".")[0]!];
    mapped[nameOf(target, value)] = value;
  }
  return { text: writeJson(mapped), problem };
}

function problemOf(messages: unknown, column: string): string | undefined {
  if (messages === undefined || messages === null || Array.isArray(messages)) return undefined;
  return `its column "${column}" is ${describeValue(messages)}, and messages are a list: [{ role, content }, …], or [{ from, value }, …]; write them anew as such`;
}

/** What is no JSON is told of where conversations are read. */
function lossless(text: string): unknown {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return parseLossless(text);
}

/** `id` rather than `chat_id`, which would make it a row of Kura's own, without any other column; `conversations` of ShareGPT. */
function nameOf(target: MapTarget, value: unknown): string {
  if (target === "chat_id") return "id";
  const [first] = target === "messages" && Array.isArray(value) ? (value as unknown[]) : [];
  return typeof first === "object" && first !== null && "from" in first ? "conversations" : target;
}

function valueAt(row: Row, path: string): unknown {
  if (Object.hasOwn(row, path)) return row[path];
  let value: unknown = row;
  for (const name of path.split(".")) value = (value as Row | null | undefined)?.[name];
  return value;
}
