import { verified } from "../../src/bytes/verified.js";
import type { BatchOptions, ReadOptions } from "../../src/formats/format.js";
import { type ParquetOptions, parquetFormat } from "../../src/formats/parquet.js";
import type { Row } from "../../src/rows/column.js";
import type { RowType } from "../../src/rows/row-type.js";
import { rowType } from "../../src/rows/row-type.js";
import { memorySink, memorySource } from "../support/memory-source.js";

export const Note = rowType({
  name: "notes",
  key: "id",
  columns: [
    { name: "id", type: "text" },
    { name: "n", type: "int32" },
    { name: "text", type: "text", nullable: true },
    { name: "score", type: "float64", nullable: true },
    { name: "tags", type: "list", items: { type: "text" }, nullable: true },
    { name: "meta", type: "json" },
    { name: "vector", type: "vector", nullable: true },
  ],
}) as RowType;

export const notes = (count: number): Row[] =>
  Array.from({ length: count }, (_, n) => ({
    id: `note-${n}`,
    n,
    text: n % 7 === 6 ? null : `note ${n} ${"🦆".repeat(n % 3)}`,
    score: n % 5 === 4 ? null : n / 8,
    tags: n % 4 === 3 ? null : ["a", "b", "c"].slice(n % 3),
    meta: { n, big: 2n ** 60n + BigInt(n) },
    vector: n % 9 === 8 ? null : Float32Array.from({ length: 8 }, (_, k) => n + k / 8),
  }));

export type Written = Awaited<ReturnType<typeof write>>;

export async function write(type: RowType, rows: readonly Row[], options: ParquetOptions = {}, batchRows = 100) {
  const sink = memorySink();
  const writer = parquetFormat(options).write(type, sink, type.name);
  for (let start = 0; start < rows.length; start += batchRows) await writer.write(rows.slice(start, start + batchRows));
  return { ...(await writer.finish()), bytes: sink.bytes(), writes: sink.writes };
}

export async function open(bytes: Uint8Array, options: Partial<ReadOptions> = {}) {
  const source = memorySource(bytes);
  const { pieces } = options;
  const reader = await parquetFormat().read(pieces ? verified(source, pieces, "notes") : source, {
    type: undefined,
    path: "notes.parquet",
    pieces,
    trusted: false,
    ...options,
  });
  return { reader, source };
}

export async function read(
  bytes: Uint8Array,
  { columns, where, rowStart, rowEnd, signal, ...options }: Partial<ReadOptions> & BatchOptions = {},
): Promise<Row[]> {
  const { reader } = await open(bytes, options);
  const rows: Row[] = [];
  for await (const batch of reader.batches({ columns, where, rowStart, rowEnd, signal })) rows.push(...batch);
  return rows;
}
