import fc from "fast-check";
import { expect, it } from "vitest";
import type { Piece } from "../../src/bytes/piece.js";
import { verified } from "../../src/bytes/verified.js";
import type { Format, OpenPart } from "../../src/formats/format.js";
import { hfDatasetFormat } from "../../src/formats/hf-dataset.js";
import { jsonlFormat } from "../../src/formats/jsonl.js";
import { parquetFormat } from "../../src/formats/parquet.js";
import type { Row } from "../../src/rows/column.js";
import type { RowType } from "../../src/rows/row-type.js";
import { LONG, SEED } from "../crash/scale.js";
import { memorySink, memorySource } from "../support/memory-source.js";
import { table } from "./row-arbitraries.js";

const ROWS = LONG ? 100_000 : 1_000;
const FORMATS: readonly Format[] = [jsonlFormat, parquetFormat(), hfDatasetFormat({ maxShardBytes: 5000 })];
const PAIRS = FORMATS.flatMap((from) => FORMATS.map((to) => [from, to] as const));

/** Saved, and loaded again by what was saved. */
async function through(format: Format, type: RowType, rows: readonly Row[]) {
  const files = new Map<string, ReturnType<typeof memorySink>>();
  const add = (name: string) => {
    const sink = memorySink();
    files.set(name, sink);
    return { name, sink };
  };
  const { sink: head } = add("");
  const writer = format.write(type, head, "rows", async (extension) => add(`part-${files.size}${extension}`));
  for (let start = 0; start < rows.length; start += 13) await writer.write(rows.slice(start, start + 13));
  const { pieces, parts = [], rowHash } = await writer.finish();
  const known = new Map<string, readonly Piece[]>([
    ["", pieces],
    ...parts.map((part) => [part.name, part.pieces] as const),
  ]);
  const sourceOf = (name: string) => verified(memorySource(files.get(name)!.bytes()), known.get(name)!, name);
  const openPart: OpenPart = async (name) => ({ source: sourceOf(name), path: name, pieces: known.get(name) });
  const reader = await format.read(sourceOf(""), { type, path: "rows", pieces, trusted: true }, openPart);
  const read: Row[] = [];
  for await (const batch of reader.batches({})) read.push(...batch);
  return { rowHash, read };
}

it(`rows come out of any two formats as they went in, ${ROWS} of generated row types, all pairs`, async () => {
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(
      table({ minLength: 0, maxLength: 60 }),
      fc.constantFrom(...PAIRS),
      async ({ type, rows }, [from, to]) => {
        seen += rows.length;
        const first = await through(from, type, rows);
        const second = await through(to, type, first.read);
        expect(second.read).toEqual(rows);
        expect(second.rowHash).toBe(first.rowHash);
      },
    ),
    { seed: SEED, numRuns: Math.ceil(ROWS / 25) },
  );
  expect(seen).toBeGreaterThan(ROWS);
});
