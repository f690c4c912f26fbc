import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parquetFormat } from "../../src/formats/parquet.js";
import { BUILTIN_ROW_TYPES, type BuiltinName } from "../../src/rows/builtin.js";
import type { Row } from "../../src/rows/column.js";
import type { RowType } from "../../src/rows/row-type.js";
import { memorySource } from "../support/memory-source.js";
import { expectedRows, plain } from "./expected-rows.js";

/** Written by other tools (scripts/generate-parquet-fixtures.py), with the rows that they were given. */
const FOLDER = new URL("../fixtures/parquet/", import.meta.url);
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".parquet"))
  .map((file) => file.slice(0, -".parquet".length));

async function read(name: string, type?: RowType): Promise<Row[]> {
  const source = memorySource(readFileSync(new URL(`${name}.parquet`, FOLDER)));
  const reader = await parquetFormat().read(source, { type, path: name, pieces: undefined, trusted: false });
  const rows: Row[] = [];
  for await (const batch of reader.batches({})) rows.push(...batch);
  expect(reader.rowCount).toBe(rows.length);
  return rows;
}

const expected = (name: string) => expectedRows(FOLDER, name);

const OWN = NAMES.filter((name) => !name.startsWith("kura-"));

describe("parquetFormat.read()", () => {
  it("there are files of every tool", () => {
    const tools = new Set(NAMES.map((name) => name.split("-")[0]));
    expect([...tools].sort()).toEqual(["duckdb", "kura", "pandas", "polars", "pyarrow", "spark"]);
    expect(NAMES.length).toBeGreaterThan(45);
  });

  for (const name of OWN) {
    it(`reads ${name} as the rows that were written`, async () => {
      expect((await read(name)).map(plain)).toEqual(expected(name));
    });
  }

  for (const name of ["conversations", "summaries", "clusters", "dimensionality"] as const satisfies BuiltinName[]) {
    it(`reads ${name} that Python's Kura saved as its row type, but for what Kura does not store`, async () => {
      const rows = await read(`kura-${name}`, BUILTIN_ROW_TYPES[name] as unknown as RowType);
      // Kura stores an instant as str() makes it, and no count: it counts anew.
      const kept = expected(`kura-${name}`).map((row) => ({
        ...row,
        ...("created_at" in row && { created_at: String(row["created_at"]).replace("T", " ").replace("Z", "+00:00") }),
        ...("count" in row && { count: null }),
      }));
      expect(rows).toEqual(kept);
    });
  }
});
