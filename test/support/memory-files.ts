import { verified } from "../../src/bytes/verified.js";
import type { Format, OpenPart, Written } from "../../src/formats/format.js";
import type { Row } from "../../src/rows/column.js";
import type { RowType } from "../../src/rows/row-type-shape.js";
import { memorySink, memorySource } from "./memory-source.js";

/** What a format wrote: the bytes of its head, those of its parts by name, and what it says of them. */
export interface FilesInMemory {
  readonly head: Buffer;
  readonly parts: ReadonlyMap<string, Buffer>;
  readonly written: Written;
}

/** Rows as a format writes them, `batchRows` at a time. */
export async function writeInMemory(
  format: Format,
  type: RowType,
  rows: readonly Row[],
  { batchRows = 100, prefix = "data-test" }: { batchRows?: number; prefix?: string } = {},
): Promise<FilesInMemory> {
  const head = memorySink();
  const sinks = new Map<string, ReturnType<typeof memorySink>>();
  const writer = format.write(type, head, type.name, async (extension) => {
    const name = `${prefix}-${String(sinks.size).padStart(5, "0")}${extension}`;
    const sink = memorySink();
    sinks.set(name, sink);
    return { name, sink };
  });
  for (let start = 0; start < rows.length; start += batchRows) await writer.write(rows.slice(start, start + batchRows));
  const written = await writer.finish();
  return { head: head.bytes(), parts: new Map([...sinks].map(([name, sink]) => [name, sink.bytes()])), written };
}

/** Parts of these bytes; verified where it is known what was written. */
export function partsInMemory(parts: ReadonlyMap<string, Uint8Array>, written?: Written): OpenPart {
  const opened = new Map<string, Awaited<ReturnType<OpenPart>>>();
  return async (name) => {
    if (!opened.has(name)) {
      const bytes = parts.get(name);
      const pieces = written?.parts?.find((part) => part.name === name)?.pieces;
      const source = bytes && memorySource(bytes);
      opened.set(name, source && { source: pieces ? verified(source, pieces, name) : source, path: name, pieces });
    }
    return opened.get(name);
  };
}
