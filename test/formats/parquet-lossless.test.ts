import fc from "fast-check";
import { expect, it } from "vitest";
import { verified } from "../../src/bytes/verified.js";
import { jsonlFormat } from "../../src/formats/jsonl.js";
import { parquetFormat } from "../../src/formats/parquet.js";
import type { Row } from "../../src/rows/column.js";
import type { RowType } from "../../src/rows/row-type.js";
import { LONG, SEED } from "../crash/scale.js";
import { memorySink, memorySource } from "../support/memory-source.js";
import { table } from "./row-arbitraries.js";

const ROWS = LONG ? 100_000 : 1_000;
const ROWS_A_TYPE = { minLength: 0, maxLength: 60 };

const options = fc.record({
  compression: fc.constantFrom("snappy", "gzip", "brotli", "lz4", "zstd", "none"),
  rowGroupRows: fc.constantFrom(1, 7, 10_000),
  dialect: fc.constantFrom(undefined, "kura-python"),
} as const);

async function through(
  format: typeof jsonlFormat | ReturnType<typeof parquetFormat>,
  type: RowType,
  rows: readonly Row[],
  readAs: RowType | undefined,
  trusted: boolean,
) {
  const sink = memorySink();
  const writer = format.write(type, sink, "generated");
  for (let start = 0; start < rows.length; start += 13) await writer.write(rows.slice(start, start + 13));
  const { pieces, rowHash } = await writer.finish();
  const source = verified(memorySource(sink.bytes()), pieces, "generated");
  const reader = await format.read(source, { type: readAs, path: "generated", pieces, trusted });
  const read: Row[] = [];
  for await (const batch of reader.batches({})) read.push(...batch);
  return { read, rowHash, columns: reader.columns };
}

it(`what is written comes out as it went in, for ${ROWS} rows of generated row types, as from JSONL`, async () => {
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(table(ROWS_A_TYPE), options, fc.boolean(), async ({ type, rows }, options, trusted) => {
      seen += rows.length;
      const parquet = await through(parquetFormat(options), type, rows, type, trusted);
      expect(parquet.read).toEqual(rows);
      // By itself the file knows its columns.
      const untyped = await through(parquetFormat(options), type, rows, undefined, false);
      expect(untyped.columns).toEqual(type.columns);
      expect(untyped.read).toEqual(rows);
      const jsonl = await through(jsonlFormat, type, rows, type, trusted);
      expect(parquet.read).toEqual(jsonl.read);
      expect(parquet.rowHash).toBe(jsonl.rowHash);
    }),
    { seed: SEED, numRuns: Math.ceil(ROWS / 25) },
  );
  expect(seen).toBeGreaterThan(ROWS);
});
