import type { ByteSource } from "../bytes/byte-source.js";
import { isPlainObject } from "../rows/column-rules.js";
import type { Format } from "./format.js";
import { MAX_LINE_BYTES } from "./jsonl/lines.js";
import { jsonlReader } from "./jsonl/reader.js";
import { jsonlWriter } from "./jsonl/writer.js";

const EXTENSION = ".jsonl";
const NEWLINE = 10;

/**
 * JSON Lines as Kura writes it: one row a line, compact, UTF-8, members in the order of the columns, nulls written. Kura's own files are
 * read and written back to the same bytes.
 */
export const jsonlFormat = {
  name: "jsonl",
  typed: false,
  visibleName: (checkpoint) => checkpoint + EXTENSION,
  checkpointName: (visible) => (visible.endsWith(EXTENSION) ? visible.slice(0, -EXTENSION.length) : undefined),
  write: jsonlWriter,
  read: jsonlReader,
  isWhole,
} satisfies Format;

/** Not every writer ends the last line: then it must be a JSON object by itself. */
async function isWhole(source: ByteSource): Promise<boolean> {
  const { byteLength } = source;
  for (let window = 64 << 10; byteLength > 0; window *= 8) {
    const start = Math.max(0, byteLength - window);
    const tail = Buffer.from(await source.read(start, byteLength));
    if (tail.at(-1) === NEWLINE) return true;
    const lineStart = tail.lastIndexOf(NEWLINE) + 1;
    if (lineStart > 0 || start === 0) return isJsonObject(tail.toString("utf8", lineStart));
    if (window >= MAX_LINE_BYTES) return false;
  }
  return true;
}

function isJsonObject(text: string): boolean {
  if (!text.trimEnd().endsWith("}")) return false;
  try {
    return isPlainObject(JSON.parse(text));
  } catch {
    return false;
  }
}
