import { crc32 } from "node:zlib";
import {
  columnFromArray,
  int32,
  tableFromIPC as readWithFlechette,
  tableFromColumns,
  tableToIPC,
  uint64,
} from "@uwdata/flechette";
import { tableFromIPC as readWithArrow } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Piece } from "../../src/bytes/piece.js";
import { CorruptCheckpointError, InvalidRowError, RowTypeMismatchError } from "../../src/errors.js";
import type { BatchOptions } from "../../src/formats/format.js";
import { openShard } from "../../src/formats/hf-dataset/shard.js";
import { hfDatasetFormat } from "../../src/formats/hf-dataset.js";
import type { Row } from "../../src/rows/column.js";
import { type Condition, compileCondition } from "../../src/rows/condition.js";
import { type RowType, rowType } from "../../src/rows/row-type.js";
import { SEED } from "../crash/scale.js";
import { memorySink, memorySource } from "../support/memory-source.js";
import { type Directory, open, read, write } from "./hf-support.js";
import { Note, notes, write as writeParquet } from "./parquet-support.js";

const typed = (columns: RowType["columns"], schema?: RowType["schema"]): RowType => ({
  name: "typed",
  columns,
  ...(schema && { schema }),
});
const bare = ({ head, files }: Directory): Directory => ({ head, files });
const stateOf = ({ head }: Directory) => JSON.parse(head.toString()) as Record<string, unknown>;
const batchesOf = async (bytes: Buffer) => (await openShard(memorySource(bytes), 0)).batches;
const bytesRead = (sources: Map<string, { reads: [number, number][] }>) =>
  [...sources.values()].flatMap(({ reads }) => reads).reduce((sum, [start, end]) => sum + end - start, 0);

describe("hfDatasetFormat.write()", () => {
  it("is a pure function of rows, whatever the batches", async () => {
    const all = await Promise.all(
      [1, 7, 5000].map((batchRows) => write(Note, notes(5000), { maxShardBytes: 100_000 }, batchRows)),
    );
    const [first] = all;
    for (const { directory, rowHash, parts } of all) {
      expect(parts!.length).toBeGreaterThan(2);
      expect({ rowHash, parts }).toEqual({ rowHash: first!.rowHash, parts: first!.parts });
      expect(directory.head.equals(first!.directory.head)).toBe(true);
      for (const [name, bytes] of directory.files) expect(bytes.equals(first!.directory.files.get(name)!)).toBe(true);
    }
  });

  it("says the same of the same rows as other formats do", async () => {
    const rows = notes(300);
    expect((await write(Note, rows)).rowHash).toBe((await writeParquet(Note, rows)).rowHash);
  });

  it("pieces cover every file and carry its checksums, and end where messages do", async () => {
    const { directory, rows, parts } = await write(Note, notes(3000), { maxShardBytes: 100_000 });
    expect(rows).toBe(3000);
    expect(parts!.map(({ pieces }) => pieces.at(-1)!.rowEnd).reduce((a, b) => a + b)).toBe(3000);
    for (const [name, pieces] of directory.pieces) {
      const bytes = name === "" ? directory.head : directory.files.get(name)!;
      let start = 0;
      for (const piece of pieces) {
        expect(crc32(bytes.subarray(start, piece.byteEnd))).toBe(piece.crc32);
        start = piece.byteEnd;
      }
      expect(start).toBe(bytes.length);
      if (name === "") continue;
      const ends = new Set(pieces.map(({ byteEnd }) => byteEnd));
      for (const { start, bodyStart, end } of await batchesOf(bytes))
        expect([start, bodyStart!, end].every((at) => ends.has(at))).toBe(true);
    }
  });

  it("a state has the keys that every version of datasets asks for", async () => {
    const { directory } = await write(Note, notes(3));
    const { _fingerprint: fingerprint, kura, ...state } = stateOf(directory);
    expect(state).toEqual({
      _data_files: [{ filename: "data-00000.arrow" }],
      _format_columns: null,
      _format_kwargs: {},
      _format_type: null,
      _output_all_columns: false,
      _split: null,
    });
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(kura).toEqual({ columns: Note.columns, rows: 3 });
  });

  it("features are spelled as versions 2.21 to 5 read them", async () => {
    const list = (items: object) => ({ type: "list", items }) as never;
    const struct = { type: "struct", fields: [{ name: "a", type: "bool" }] };
    const type = typed([
      { name: "texts", ...(list({ type: "text" }) as object) } as never,
      { name: "structs", ...(list(struct) as object) } as never,
      { name: "lists", ...(list(list(struct)) as object) } as never,
      { name: "struct", ...struct } as never,
      { name: "vector", type: "vector" },
      { name: "metadata", type: "json" },
      { name: "other", type: "json" },
    ]);
    const shard = await openShard(memorySource((await write(type, [])).directory.files.get("data-00000.arrow")!), 0);
    const bool = { dtype: "bool", _type: "Value" };
    const string = { dtype: "string", _type: "Value" };
    const texts = { feature: string, _type: "Sequence" };
    expect(shard.features).toEqual({
      texts,
      structs: [{ a: bool }],
      lists: { feature: [{ a: bool }], _type: "Sequence" },
      struct: { a: bool },
      vector: { feature: { dtype: "float32", _type: "Value" }, _type: "Sequence" },
      metadata: { keys: texts, values: texts },
      other: string,
    });
  });

  it("zero rows are a shard with columns and no batch", async () => {
    const { directory, parts } = await write(Note, []);
    expect(parts!.length).toBe(1);
    const { reader } = await open(bare(directory));
    expect({ columns: reader.columns, rows: reader.rowCount }).toEqual({ columns: Note.columns, rows: 0 });
    expect(await read(directory)).toEqual([]);
  });

  it("a batch has at most 1,000 rows, and fewer where they are large", async () => {
    const small = await write(Note, notes(2500));
    const rowsOf = (batches: Awaited<ReturnType<typeof batchesOf>>) => batches.map(({ rowEnd }) => rowEnd);
    expect(rowsOf(await batchesOf(small.directory.files.get("data-00000.arrow")!))).toEqual([1000, 2000, 2500]);
    const rows = notes(20).map((row, n) => ({ ...row, text: String(n % 10).repeat(1 << 20) }));
    const large = await write(Note, rows);
    expect(rowsOf(await batchesOf(large.directory.files.get("data-00000.arrow")!))).toEqual([8, 16, 20]);
  });

  it("hands a sink one batch at a time and waits for it", async () => {
    let open = 0;
    const sink = {
      write: async () => {
        expect(++open).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 1));
        open--;
      },
    };
    const writer = hfDatasetFormat().write(Note, sink, "notes", async (extension) => ({ name: `a${extension}`, sink }));
    await writer.write(notes(2100));
    await writer.finish();
  });

  it("refuses a row that does not fit, with its number and field", async () => {
    const error = await write(Note, [...notes(250), { ...notes(1)[0]!, tags: ["ok", 1] }]).catch(
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(InvalidRowError);
    expect(error).toMatchObject({ row: 250, field: "tags[1]" });
  });

  it("refuses a row longer than can be read again", async () => {
    const rows = [{ ...notes(1)[0]!, text: "x".repeat(33 << 20) }];
    await expect(write(Note, rows)).rejects.toThrow(/at row 0: it is more than the 33554432 bytes/);
  });

  it("refuses a struct without fields by name, before a file is begun", async () => {
    const type = typed([{ name: "empty", type: "list", items: { type: "struct", fields: [] } }]);
    const head = memorySink();
    const writer = hfDatasetFormat().write(type, head, "typed", async () => expect.unreachable());
    await expect(writer.write([])).rejects.toThrow(
      'Cannot store column "empty[]" in a dataset: a struct without fields; use json',
    );
    expect(head.writes).toEqual([]);
  });

  it("refuses names that nobody could read again", async () => {
    const refused = (column: object) => write(typed([column as never]), []);
    await expect(refused({ name: "a\ud800", type: "text" })).rejects.toThrow("half of a surrogate pair");
    const items = { type: "struct", fields: [{ name: "a", type: "text" }] };
    await expect(refused({ name: "_type", type: "list", items })).rejects.toThrow('by the name of "_type"; rename it');
    expect((await refused({ name: "_type", ...items })).rows).toBe(0);
  });

  it("runs the schema: what comes out of it is written, and its issues name the field", async () => {
    const schema = z.object({ id: z.int32(), text: z.string().trim().min(2) });
    const Checked = rowType({ name: "checked", schema }) as unknown as RowType;
    const { directory } = await write(Checked, [{ id: 1, text: "  hi " }]);
    expect(await read(directory)).toEqual([{ id: 1, text: "hi" }]);
    await expect(write(Checked, [{ id: 1, text: " h " }])).rejects.toMatchObject({ row: 0, field: "text" });
  });

  it("refuses options that mean nothing", () => {
    expect(() => hfDatasetFormat({ maxShardBytes: 0 })).toThrow("Cannot write shards of 0 bytes");
  });

  it("shards are streams that the two Arrow libraries of JavaScript read", async () => {
    const rows = notes(1500);
    const bytes = (await write(Note, rows)).directory.files.get("data-00000.arrow")!;
    const plain = ({ meta: _, vector, ...row }: Row) => ({ ...row, vector: vector && [...(vector as Float32Array)] });
    const found = readWithFlechette(bytes).toArray() as Row[];
    expect(found.map(plain)).toEqual(rows.map(plain));
    const table = readWithArrow(bytes);
    expect(table.numRows).toBe(1500);
    for (const index of [0, 8, 999, 1000, 1499]) {
      const { id, text, tags, vector } = table.get(index)!.toJSON() as Record<string, { toArray(): Iterable<unknown> }>;
      const row = rows[index]!;
      expect({ id, text }).toEqual({ id: row["id"], text: row["text"] });
      expect(tags && [...tags.toArray()]).toEqual(row["tags"]);
      expect(vector && Float32Array.from(vector.toArray() as Float32Array)).toEqual(row["vector"]);
    }
  });
});

describe("hfDatasetFormat.read()", () => {
  const rows = notes(2600);
  const written = write(Note, rows, { maxShardBytes: 150_000 });

  it("reads any range of rows", async () => {
    const { directory } = await written;
    expect(directory.files.size).toBe(2);
    const ranges = fc.tuple(fc.nat(2700), fc.nat(2700));
    await fc.assert(
      fc.asyncProperty(ranges, async ([rowStart, rowEnd]) => {
        expect(await read(directory, { rowStart, rowEnd })).toEqual(rows.slice(rowStart, rowEnd));
      }),
      { seed: SEED, numRuns: 20 },
    );
    await expect(read(directory, { rowStart: -1 })).rejects.toThrow("Cannot read rows -1 to Infinity");
  });

  it("opens with what is before the bodies, and reads of one row its batch", async () => {
    const { directory } = await written;
    const total = [...directory.files.values()].reduce((sum, { length }) => sum + length, 0);
    const { reader, sources } = await open(directory, { type: Note, trusted: true });
    expect(reader.rowCount).toBe(2600);
    expect(bytesRead(sources)).toBeLessThan(total / 20);
    for (const source of sources.values()) source.reads.length = 0;
    const found: Row[] = [];
    for await (const batch of reader.batches({ rowStart: 2599, rowEnd: 2600 })) found.push(...batch);
    expect(found).toEqual(rows.slice(2599));
    expect(bytesRead(sources)).toBeLessThan(total / 3);
  });

  it("where pieces describe it, opens with the schemas alone, and reads a batch at once", async () => {
    const { directory } = await written;
    const shards = [...directory.files];
    const batches = await Promise.all(shards.map(async ([, bytes]) => (await batchesOf(bytes)).length));
    const { reader, sources } = await open(directory, { type: Note, trusted: true });
    const takeReads = () =>
      shards.map(([name]) => {
        const { reads } = sources.get(name)!;
        return reads.splice(0).length;
      });
    const drain = async (options: BatchOptions) => {
      for await (const _ of reader.batches(options));
      return takeReads();
    };
    expect(takeReads()).toEqual(shards.map(() => 1));
    expect(await drain({})).toEqual(batches);
    const ofOneRow = await drain({ rowStart: 1500, rowEnd: 1501 });
    expect(ofOneRow.reduce((sum, count) => sum + count)).toBe(1);
    // Where rows were found the next batch is read at once; where none were, all but the column that decides is left.
    const [first, ...others] = await drain({ where: { n: { gte: 0 } } });
    expect(first).toBeLessThanOrEqual(batches[0]! + 3);
    expect(others).toEqual(batches.slice(1));
    expect(await drain({ where: { n: -1 } })).toEqual(batches.map((count) => count * 2));
  });

  it("reads several batches at once where all are needed, and goes over from them to single columns and back", async () => {
    const type = typed([
      { name: "n", type: "int32" },
      { name: "text", type: "text" },
    ]);
    const many = Array.from({ length: 12_000 }, (_, n) => ({ n, text: `row ${10_000 + n}` }));
    const { directory } = await write(type, many, {}, 12_000);
    const { reader, sources } = await open(directory, { type, trusted: true });
    const readsOf = async (options: BatchOptions, expected: Row[]) => {
      for (const source of sources.values()) source.reads.length = 0;
      const found: Row[] = [];
      for await (const batch of reader.batches(options)) found.push(...batch);
      expect(found).toEqual(expected);
      return [...sources.values()].flatMap(({ reads }) => reads).length;
    };
    // One, as many again, two, four and four.
    expect(await readsOf({}, many)).toBe(5);
    expect(await readsOf({ rowStart: 4999, rowEnd: 5000 }, many.slice(4999, 5000))).toBe(1);
    // In some batches rows are found, in others none.
    const wanted = [0, 1001, 2002, 3003, 4004, 6006, 7007, 10_001];
    await readsOf(
      { where: { n: { in: wanted } } },
      wanted.map((n) => many[n]!),
    );
  });

  it("pieces that count other rows than a batch has are damage", async () => {
    const { directory } = await write(Note, notes(1200));
    const { head, files, pieces } = directory;
    const [[name, known]] = [...pieces!].filter(([name]) => name !== "") as [[string, readonly Piece[]]];
    const wrong = known.map((piece) => (piece.rowEnd === 1000 ? { ...piece, rowEnd: 1001 } : piece));
    const changed = { head, files, pieces: new Map(pieces!).set(name, wrong) };
    await expect(read(changed, { type: Note, trusted: true })).rejects.toThrow(
      "it has a batch of 1000 rows where 1001 should be",
    );
  });

  it("reads of some columns their buffers alone, and verifies no more", async () => {
    const wide: RowType = { ...Note, columns: [...Note.columns, { name: "long", type: "text" }] };
    const { directory } = await write(
      wide,
      rows.map((row) => ({ ...row, long: "long ".repeat(100) })),
    );
    const total = [...directory.files.values()].reduce((sum, { length }) => sum + length, 0);
    const read = async (columns: string[], directory: Directory) => {
      const { reader, sources } = await open(directory, { type: wide, trusted: true });
      for (const source of sources.values()) source.reads.length = 0;
      const found: Row[] = [];
      for await (const batch of reader.batches({ columns })) found.push(...batch);
      return { found, bytes: bytesRead(sources) };
    };
    for (const one of [directory, bare(directory)]) {
      const { found, bytes } = await read(["n", "id"], one);
      expect(found).toEqual(rows.map(({ id, n }) => ({ id, n })));
      expect(Object.keys(found[0]!)).toEqual(["id", "n"]);
      expect(bytes).toBeLessThan(total / 4);
    }
  });

  it("filters like filtering after loading, by the columns of the condition first", async () => {
    const { directory } = await written;
    const conditions: Condition[] = [
      { n: { gte: 2590 } },
      { id: "note-77" },
      { "meta.n": 5 },
      { or: [{ score: { lt: 1 } }, { tags: { contains: "c" }, n: { lt: 30 } }] },
      { text: null, n: { gt: 2000 } },
      { n: -1 },
    ];
    for (const where of conditions) {
      const { test } = compileCondition(where, Note.columns);
      expect(await read(directory, { where })).toEqual(rows.filter(test));
      expect(await read(directory, { where, columns: ["id"], rowStart: 5 })).toEqual(
        rows
          .slice(5)
          .filter(test)
          .map(({ id }) => ({ id })),
      );
    }
    const { reader, sources } = await open(bare(directory), { type: Note });
    for (const source of sources.values()) source.reads.length = 0;
    for await (const _ of reader.batches({ where: { n: -1 } })) expect.unreachable();
    expect(bytesRead(sources)).toBeLessThan(40_000);
    await expect(read(directory, { where: { nothing: 1 } })).rejects.toThrow('there is no column "nothing"');
    await expect(read(directory, { columns: ["nothing"] })).rejects.toThrow('Cannot read column "nothing"');
  });

  it("a batch of large rows is handed on in smaller steps", async () => {
    const large = notes(6).map((row, n) => ({ ...row, text: String(n).repeat(1 << 20) }));
    const { directory } = await write(Note, large);
    const { reader } = await open(directory, { type: Note, trusted: true });
    const lengths: number[] = [];
    for await (const batch of reader.batches({})) lengths.push(batch.length);
    expect(lengths).toEqual([3, 3]);
  });

  it("vectors are views of the memory that was read", async () => {
    const { directory } = await written;
    const found = (await read(directory, { type: Note, trusted: true, rowEnd: 8 })).map(
      ({ vector }) => vector as Float32Array,
    );
    expect(new Set(found.map(({ buffer }) => buffer)).size).toBe(1);
    found[0]![0] = 77;
    expect((await read(directory, { rowEnd: 1 }))[0]!["vector"]).toEqual(rows[0]!["vector"]);
  });

  it("keeps the spelling and the order of keys of metadata that came from elsewhere, whatever it is", async () => {
    const type = typed([{ name: "metadata", type: "json", nullable: true }]);
    const { parseLossless } = await import("../../src/rows/lossless-json.js");
    const texts = [
      '{"b":1.0,"10":{"z":1,"2":[1.50]},"a":"\\"}{,:"}',
      '[1.0,{"10":1,"b":2}]',
      '"text"',
      "null",
      "12",
      "{}",
    ];
    const values = texts.map((text) => ({ metadata: parseLossless(text) }));
    const { directory, rowHash } = await write(type, values);
    for (const trusted of [true, false]) {
      const again = await read(directory, { type, trusted });
      expect(again).toEqual(values);
      expect((await write(type, again)).rowHash).toBe(rowHash);
    }
  });

  it("an absent column is null where it may be, and a mismatch where not", async () => {
    const { directory } = await written;
    const more = (extra: object): RowType => ({ ...Note, columns: [...Note.columns, extra as never] });
    const [row] = await read(directory, { type: more({ name: "x", type: "text", nullable: true }), rowEnd: 1 });
    expect(row).toEqual({ ...rows[0], x: null });
    await expect(read(directory, { type: more({ name: "x", type: "text" }) })).rejects.toThrow(
      'Cannot read "notes/state.json": field "x" is stored as nothing and wanted as text',
    );
    await expect(
      read(directory, { type: typed([{ name: "tags", type: "list", items: { type: "int32" } }]) }),
    ).rejects.toThrow(RowTypeMismatchError);
  });

  it("says which fields no column knows, and leaves them out", async () => {
    const { directory } = await written;
    const unknown: string[] = [];
    const type = typed([{ name: "n", type: "int32" }]);
    const onUnknownFields = (fields: readonly string[]) => unknown.push(...fields);
    expect(await read(directory, { type, onUnknownFields, rowEnd: 1 })).toEqual([{ n: 0 }]);
    expect(unknown).toEqual(["id", "text", "score", "tags", "meta", "vector"]);
  });

  it("values that a row type forbids are damage, with row and field", async () => {
    const { directory } = await write(Note, notes(1200));
    const strict: RowType = { ...Note, columns: Note.columns.map(({ nullable: _, ...column }) => column as never) };
    await expect(read(bare(directory), { type: strict })).rejects.toMatchObject({ row: 6, field: "text" });
  });

  it("says of integers without sign that no column holds them, and reads the others", async () => {
    const columns = { n: columnFromArray([1, 2], int32()), big: columnFromArray([1n, 2n ** 63n + 5n], uint64()) };
    const shard = Buffer.from(tableToIPC(tableFromColumns(columns), { format: "stream" })!);
    const head = Buffer.from(JSON.stringify({ _data_files: [{ filename: "data.arrow" }] }));
    const directory = { head, files: new Map([["data.arrow", shard]]) };
    await expect(read(directory)).rejects.toThrow(
      'at row 1, field "big": 9223372036854775813 is beyond 2^63, which no column holds; leave the column out',
    );
    expect(await read(directory, { columns: ["n"] })).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it("stops when it is told to", async () => {
    const { directory } = await written;
    const controller = new AbortController();
    const { reader } = await open(directory);
    const reading = (async () => {
      for await (const _ of reader.batches({ signal: controller.signal })) controller.abort(new Error("enough"));
    })();
    await expect(reading).rejects.toThrow("enough");
  });

  it("gives the event loop a turn while it decodes", async () => {
    const { directory } = await write(Note, notes(20_000));
    const { reader } = await open(directory, { type: Note });
    let turns = 0;
    let isReading = true;
    const count = () => {
      turns++;
      if (isReading) setImmediate(count);
    };
    setImmediate(count);
    let batches = 0;
    let waited = 0;
    for await (const _ of reader.batches({})) {
      batches++;
      if (turns > 0) waited++;
      turns = 0;
    }
    isReading = false;
    expect(batches).toBeGreaterThan(20);
    // A batch takes milliseconds: one after another without a turn would hold the loop for all of them.
    expect(waited).toBeGreaterThan(0);
  });
});

describe("what is no dataset", () => {
  const damage = async (directory: Directory, options: Parameters<typeof read>[1] = {}) => {
    const error = await read(directory, options).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(CorruptCheckpointError);
    return (error as Error).message;
  };
  const changed = (directory: Directory, change: (state: Record<string, unknown>) => unknown): Directory => ({
    files: directory.files,
    head: Buffer.from(JSON.stringify(change(stateOf(directory)))),
  });
  const made = write(Note, notes(1500), { maxShardBytes: 100_000 });

  it("is named, with what is wrong", async () => {
    const { directory } = await made;
    const [name] = directory.files.keys();
    expect(await damage({ ...directory, head: Buffer.from("{"), pieces: new Map() })).toContain("is no JSON");
    expect(await damage(changed(directory, () => []))).toContain("is no JSON object");
    expect(await damage(changed(directory, () => ({})))).toContain("does not say which files");
    expect(await damage(changed(directory, (s) => ({ ...s, _data_files: [{ filename: "../x.arrow" }] })))).toContain(
      "not in its directory",
    );
    expect(await damage(changed(directory, (s) => ({ ...s, _data_files: [{ filename: "x.arrow" }] })))).toContain(
      'lists "x.arrow", which is not there',
    );
    expect(
      await damage(changed(directory, (s) => ({ ...s, _data_files: [{ filename: name }, { filename: name }] }))),
    ).toContain("twice");
    expect(await damage(changed(directory, (s) => ({ ...s, _data_files: [{ filename: name }] })))).toContain(
      "1500 were saved",
    );
    expect(await damage(changed(directory, (s) => ({ ...s, _indices_data_files: [{ filename: "i" }] })))).toContain(
      "indices",
    );
  });

  it("a shard cut off anywhere is damage, between messages too", async () => {
    const { directory } = await made;
    for (const [name, bytes] of directory.files) {
      const batches = await batchesOf(bytes);
      const ends = batches.flatMap(({ start, bodyStart, end }) => [start, bodyStart!, end]);
      for (const end of [0, 1, 7, 8, ...ends, bytes.length - 8, bytes.length - 1]) {
        const files = new Map(directory.files).set(name, bytes.subarray(0, end));
        expect(await damage({ head: directory.head, files })).toMatch(/cut off|ends without its end|is empty/);
      }
      const longer = Buffer.concat([bytes, Buffer.from([0])]);
      expect(await damage({ head: directory.head, files: new Map(directory.files).set(name, longer) })).toContain(
        "more behind its end",
      );
    }
  });

  it("shards of different columns are damage", async () => {
    const { directory } = await made;
    const other = (await write(typed([{ name: "id", type: "text" }]), [{ id: "x" }])).directory;
    const files = new Map(directory.files).set("other.arrow", [...other.files.values()][0]!);
    const head = changed(directory, (state) => ({
      ...state,
      kura: undefined,
      _data_files: [...files.keys()].map((filename) => ({ filename })),
    })).head;
    expect(await damage({ head, files })).toContain("its columns are not those of the shards before it");
  });
});

describe("hfDatasetFormat.directory", () => {
  const { directory } = hfDatasetFormat();

  it("lists what a head lists", async () => {
    const { directory: made } = await write(Note, notes(1500), { maxShardBytes: 100_000 });
    expect(await directory!.partsOf(memorySource(made.head), "state.json", async () => undefined)).toEqual([
      ...made.files.keys(),
    ]);
  });

  it("dataset_info.json is made where there is none, and says nothing of rows", () => {
    const { settle } = directory!.companion;
    const parse = (bytes: Uint8Array | undefined) => bytes && (JSON.parse(Buffer.from(bytes).toString()) as unknown);
    const fresh = settle(undefined)!;
    expect(parse(fresh)).toEqual({ citation: "", description: "", homepage: "", license: "" });
    expect(settle(fresh)).toBeUndefined();
    const theirs = { builder_name: "x", features: { a: {} }, splits: { train: {} }, dataset_size: 5, whatever: [1] };
    expect(parse(settle(Buffer.from(JSON.stringify(theirs))))).toEqual({ builder_name: "x", whatever: [1] });
    expect(parse(settle(Buffer.from("{")))).toEqual(parse(fresh));
  });
});
