import type { Format } from "./format.js";
import { jsonlReader } from "./jsonl/reader.js";
import { jsonlWriter } from "./jsonl/writer.js";

const EXTENSION = ".jsonl";
const NEWLINE = 10;
const CLOSING_BRACE = 125;

/**
 * JSON Lines as Kura writes it: one row a line, compact, UTF-8, members in the order of the columns, nulls written. Kura's own files are
 * read and written back to the same bytes.
 */
export const jsonlFormat: Format = {
  name: "jsonl",
  visibleName: (checkpoint) => checkpoint + EXTENSION,
  checkpointName: (visible) => (visible.endsWith(EXTENSION) ? visible.slice(0, -EXTENSION.length) : undefined),
  write: jsonlWriter,
  read: jsonlReader,
  async isWhole(source) {
    if (source.byteLength === 0) return true;
    const [last] = await source.read(source.byteLength - 1, source.byteLength);
    // Not every writer ends the last line. A row cut anywhere before its last brace does not parse; that is told when it is read.
    return last === NEWLINE || last === CLOSING_BRACE;
  },
};
