import type { Piece } from "../../src/bytes/piece.js";
import { verified } from "../../src/bytes/verified.js";
import type { BatchOptions, OpenPart, ReadOptions } from "../../src/formats/format.js";
import { type HFDatasetOptions, hfDatasetFormat } from "../../src/formats/hf-dataset.js";
import type { Row } from "../../src/rows/column.js";
import type { RowType } from "../../src/rows/row-type.js";
import { memorySink, memorySource } from "../support/memory-source.js";

/** A directory in memory. */
export interface Directory {
  /** `state.json`, or what is read in its place. */
  head: Buffer;
  files: Map<string, Buffer>;
  /** By name; that of the head is "". */
  pieces?: Map<string, readonly Piece[]>;
}

export async function write(type: RowType, rows: readonly Row[], options: HFDatasetOptions = {}, batchRows = 100) {
  const head = memorySink();
  const sinks = new Map<string, ReturnType<typeof memorySink>>();
  const addPart = async (extension: string) => {
    const name = `data-${String(sinks.size).padStart(5, "0")}${extension}`;
    const sink = memorySink();
    sinks.set(name, sink);
    return { name, sink };
  };
  const writer = hfDatasetFormat(options).write(type, head, type.name, addPart);
  for (let start = 0; start < rows.length; start += batchRows) await writer.write(rows.slice(start, start + batchRows));
  const written = await writer.finish();
  const pieces = new Map<string, readonly Piece[]>([["", written.pieces]]);
  for (const part of written.parts ?? []) pieces.set(part.name, part.pieces);
  const files = new Map([...sinks].map(([name, sink]) => [name, sink.bytes()]));
  return { ...written, directory: { head: head.bytes(), files, pieces } satisfies Directory };
}

export async function open(
  { head, files, pieces }: Directory,
  options: Partial<ReadOptions> = {},
  formatOptions: HFDatasetOptions = {},
) {
  const sources = new Map<string, ReturnType<typeof memorySource>>();
  const sourceOf = (name: string, bytes: Buffer) => {
    const source = memorySource(bytes);
    sources.set(name, source);
    const known = pieces?.get(name);
    return known ? verified(source, known, name) : source;
  };
  const openPart: OpenPart = async (name) => {
    const bytes = files.get(name);
    return bytes && { source: sourceOf(name, bytes), path: `notes/${name}`, pieces: pieces?.get(name) };
  };
  const reader = await hfDatasetFormat(formatOptions).read(
    sourceOf("", head),
    { type: undefined, path: "notes/state.json", pieces: pieces?.get(""), trusted: false, ...options },
    openPart,
  );
  return { reader, sources };
}

export async function read(
  directory: Directory,
  { columns, where, rowStart, rowEnd, signal, ...options }: Partial<ReadOptions> & BatchOptions = {},
  formatOptions: HFDatasetOptions = {},
): Promise<Row[]> {
  const { reader } = await open(directory, options, formatOptions);
  const rows: Row[] = [];
  for await (const batch of reader.batches({ columns, where, rowStart, rowEnd, signal })) rows.push(...batch);
  return rows;
}
