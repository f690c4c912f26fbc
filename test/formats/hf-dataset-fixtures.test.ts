import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CorruptCheckpointError } from "../../src/errors.js";
import type { OpenPart } from "../../src/formats/format.js";
import { type HFDatasetOptions, hfDatasetFormat } from "../../src/formats/hf-dataset.js";
import { BUILTIN_ROW_TYPES, type BuiltinName } from "../../src/rows/builtin.js";
import type { Row } from "../../src/rows/column.js";
import { type RowType, rowType } from "../../src/rows/row-type.js";
import { memorySource } from "../support/memory-source.js";
import { expectedRows, plain } from "./expected-rows.js";

/** Written by other tools (scripts/generate-hf-fixtures.py), with the rows that they were given. */
const FOLDER = new URL("../fixtures/hf-dataset/", import.meta.url);
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length));

function openFixture(name: string, type?: RowType, options: HFDatasetOptions = {}, onAltered?: (what: string) => void) {
  const fileOf = (file: string) => new URL(`${name}/${file}`, FOLDER);
  const openPart: OpenPart = async (part) =>
    existsSync(fileOf(part))
      ? { source: memorySource(readFileSync(fileOf(part))), path: `${name}/${part}`, pieces: undefined }
      : undefined;
  const format = hfDatasetFormat(options);
  const head = format.directory!.heads.find((head) => existsSync(fileOf(head)))!;
  const source = memorySource(readFileSync(fileOf(head)));
  const reading = { type, path: `${name}/${head}`, pieces: undefined, trusted: false, onAltered };
  return { format, source, openPart, reader: format.read(source, reading, openPart) };
}

async function read(name: string, type?: RowType, options?: HFDatasetOptions): Promise<Row[]> {
  const reader = await openFixture(name, type, options).reader;
  const rows: Row[] = [];
  for await (const batch of reader.batches({})) rows.push(...batch);
  expect(reader.rowCount).toBe(rows.length);
  return rows;
}

const expected = (name: string) => expectedRows(FOLDER, name);

describe("hfDatasetFormat.read()", () => {
  it("there are directories of every tool", () => {
    const tools = new Set(
      NAMES.map((name) =>
        name
          .split("-")
          .slice(0, name.startsWith("datasets") ? 2 : 1)
          .join(" "),
      ),
    );
    expect([...tools].sort()).toEqual([
      "datasets 2.21",
      "datasets 3.6",
      "datasets 4.0",
      "datasets 5.2",
      "kura",
      "polars",
      "pyarrow",
    ]);
  });

  for (const name of NAMES.filter((name) => !name.startsWith("kura-"))) {
    it(`reads ${name} as the rows that were written`, async () => {
      expect((await read(name)).map(plain)).toEqual(expected(name));
    });
  }

  it("reads LZ4 blocks that refer to those before them", async () => {
    const rows = Array.from({ length: 24_000 }, (_, n) => ({ n, text: `text ${n % 7} and more` }));
    expect(await read("lz4-blocks")).toEqual(rows);
  });

  it("reads the split that is wanted, and lists the files of all", async () => {
    for (const version of ["2.21", "3.6", "4.0", "5.2"]) {
      const name = `datasets-${version}-dict`;
      expect((await read(name, undefined, { split: "test" })).map(plain)).toEqual([{ n: 3 }]);
      await expect(read(name, undefined, { split: "all" })).rejects.toThrow(
        `Cannot read split "all" of "${name}/dataset_dict.json": there is none; there are train, test`,
      );
      const { format, source, openPart } = openFixture(name);
      const parts = await format.directory!.partsOf(source, name, openPart);
      expect(parts.sort()).toEqual(
        ["test", "train"].flatMap((split) =>
          ["data-00000-of-00001.arrow", "dataset_info.json", "state.json"].map((file) => `${split}/${file}`),
        ),
      );
    }
  });

  it("gives ClassLabels as numbers where numbers are wanted, and structs of lists as lists of structs", async () => {
    const labels = rowType({ name: "labels", columns: [{ name: "label", type: "int32", nullable: true }] }) as RowType;
    const numbers = (await read("datasets-3.6-kinds", labels)).map(({ label }) => label);
    expect(numbers.slice(0, 7)).toEqual([0, 1, 0, 1, 0, null, 0]);
    const fields = [
      { name: "name", type: "text" },
      { name: "x", type: "int32" },
    ] as const;
    const type = rowType({
      name: "columns",
      columns: [{ name: "columns", type: "list", items: { type: "struct", fields } }],
    }) as RowType;
    expect((await read("datasets-3.6-kinds", type)).slice(1, 4)).toEqual([
      { columns: [{ name: "p", x: 1 }] },
      {
        columns: [
          { name: "p", x: 2 },
          { name: "q", x: -2 },
        ],
      },
      { columns: [] },
    ]);
  });

  it("gives vectors of lists of fixed length, and of other numbers", async () => {
    const vector = (name: string) =>
      rowType({ name: "v", columns: [{ name, type: "vector", nullable: true }] }) as RowType;
    expect((await read("datasets-5.2-kinds", vector("pair")))[3]).toEqual({ pair: Float32Array.of(1.5, -1.5) });
    expect(await read("pyarrow-kinds", vector("list_view"))).toEqual([
      { list_view: Float32Array.of(1, 2) },
      { list_view: null },
      { list_view: new Float32Array(0) },
    ]);
    await expect(read("pyarrow-kinds", vector("list"))).rejects.toThrow(CorruptCheckpointError);
  });

  for (const name of ["conversations", "summaries", "clusters", "dimensionality"] as const satisfies BuiltinName[]) {
    it(`reads ${name} that Python's Kura saved as its row type, but for what Kura does not store`, async () => {
      const rows = await read(`kura-${name}`, BUILTIN_ROW_TYPES[name] as unknown as RowType);
      // Kura takes times through floats, which moves their nanoseconds, and drops the offset; of objects in metadata it keeps str().
      const time = (text: unknown) => String(text).replace(/(\.\d{6})\d*Z?$/, "$1");
      const withTimes = (row: Row) =>
        "messages" in row
          ? {
              ...row,
              created_at: time(row["created_at"]),
              messages: (row["messages"] as Row[]).map((message) => ({
                ...message,
                created_at: time(message["created_at"]),
              })),
            }
          : row;
      const kept = expected(`kura-${name}`).map((row) => ({
        ...row,
        ...(name === "summaries" && { metadata: { ...(row["metadata"] as Row), deep: "{'a': 1}" } }),
      }));
      expect(rows.map(withTimes)).toEqual(kept.map(withTimes));
      const losses: string[] = [];
      await openFixture(`kura-${name}`, BUILTIN_ROW_TYPES[name] as unknown as RowType, {}, (loss) => losses.push(loss))
        .reader;
      expect(losses.map((loss) => loss.slice(0, 19))).toEqual(name === "clusters" ? [] : ["Python's Kura keeps"]);
    });
  }
});
