import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parquetFormat } from "../../src/formats/parquet.js";
import { memorySource } from "../support/memory-source.js";
import { childrenPeakMb, ownPeakMb } from "../support/peak-memory.js";

/**
 * A copy of apache/parquet-testing and apache/arrow-testing, which hold files that once crashed or hung some reader, in folders of these
 * names. They are not part of this repository: `KURA_CORPORA=<folder> npx vitest run test/formats/parquet-corpora.test.ts`
 */
const CORPORA = process.env["KURA_CORPORA"];
const FOLDERS = ["parquet-testing/bad_data", "arrow-testing/data/parquet/fuzzing"];
const TABLE = new URL("../fixtures/parquet-corpora.json", import.meta.url);

/** By file: what reading it gives here, and what pyarrow 26.0.1 makes of it. Either a number of rows or an error. */
type Outcomes = Record<string, { kura: number | string; pyarrow: number | "error" }>;
const outcomes = JSON.parse(readFileSync(TABLE, "utf8")) as Outcomes;

async function outcomeOf(path: string): Promise<number | string> {
  try {
    const source = memorySource(readFileSync(path));
    const reader = await parquetFormat().read(source, { type: undefined, path, pieces: undefined, trusted: false });
    let rows = 0;
    for await (const batch of reader.batches({})) rows += batch.length;
    return rows;
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

describe("the table of hostile files", () => {
  it("has all 145, and rows wherever pyarrow reads rows", () => {
    expect(Object.keys(outcomes)).toHaveLength(145);
    for (const [name, { kura, pyarrow }] of Object.entries(outcomes)) {
      if (typeof pyarrow === "number" && pyarrow > 0) expect(kura, name).toBe(pyarrow);
      else expect(["CorruptCheckpointError", 0], name).toContain(kura);
    }
  });
});

describe.skipIf(CORPORA === undefined)("parquetFormat.read() of hostile files", () => {
  it("ends as the table says, each within five seconds and 512 MB", async () => {
    const found: Record<string, number | string> = {};
    const childPeak = await childrenPeakMb(async () => {
      for (const folder of FOLDERS) {
        for (const name of readdirSync(join(CORPORA!, folder)).filter((name) => !name.endsWith(".md"))) {
          const started = performance.now();
          found[name] = await outcomeOf(join(CORPORA!, folder, name));
          expect(performance.now() - started, name).toBeLessThan(5_000);
        }
      }
    });
    console.log(`${Object.keys(found).length} files, peaks of ${ownPeakMb()} and ${childPeak} MB`);
    expect(Math.max(ownPeakMb(), childPeak)).toBeLessThan(512);
    if (process.env["KURA_UPDATE"] !== undefined) {
      const updated = Object.entries(found).map(([name, kura]) => [name, { kura, pyarrow: outcomes[name]?.pyarrow }]);
      writeFileSync(TABLE, `${JSON.stringify(Object.fromEntries(updated), undefined, 2)}\n`);
    }
    expect(found).toEqual(Object.fromEntries(Object.entries(outcomes).map(([name, { kura }]) => [name, kura])));
  }, 300_000);
});
