import { crc32 } from "node:zlib";
import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { CorruptCheckpointError, InvalidRowError, RowTypeMismatchError } from "../../src/errors.js";
import { COMPRESSIONS, type CompressionName } from "../../src/formats/parquet/compressions.js";
import { type Footer, readFooter } from "../../src/formats/parquet/footer.js";
import { parquetFormat } from "../../src/formats/parquet.js";
import type { Row } from "../../src/rows/column.js";
import { type Condition, compileCondition } from "../../src/rows/condition.js";
import { type RowType, rowType } from "../../src/rows/row-type.js";
import { SEED } from "../crash/scale.js";
import { memorySink, memorySource } from "../support/memory-source.js";
import { Note, notes, open, read, write } from "./parquet-support.js";

const footerOf = (bytes: Uint8Array): Promise<Footer> => readFooter(memorySource(bytes), undefined);
const chunkOf = (footer: Footer, column: string, group = 0) => {
  const leaf = footer.schema.leaves.find(({ path }) => path[0] === column)!;
  return footer.groups[group]!.chunks[leaf.index]!;
};
const typed = (columns: RowType["columns"], schema?: RowType["schema"]): RowType => ({
  name: "typed",
  columns,
  ...(schema && { schema }),
});

describe("parquetFormat.write()", () => {
  it("is a pure function of rows, whatever the batches", async () => {
    const all = await Promise.all(
      [1, 7, 5000].map((batchRows) => write(Note, notes(5000), { rowGroupRows: 999 }, batchRows)),
    );
    for (const one of all) {
      expect(one.bytes.equals(all[0]!.bytes)).toBe(true);
      expect(one.pieces).toEqual(all[0]!.pieces);
      expect(one.rowHash).toBe(all[0]!.rowHash);
    }
  });

  it("pieces cover the file and carry its checksums; the footer is the last one", async () => {
    const { bytes, pieces, rows } = await write(Note, notes(3000), { rowGroupRows: 1000 });
    let start = 0;
    for (const piece of pieces) {
      expect(crc32(bytes.subarray(start, piece.byteEnd))).toBe(piece.crc32);
      start = piece.byteEnd;
    }
    expect(start).toBe(bytes.length);
    expect(rows).toBe(3000);
    expect(pieces.at(-1)!.rowEnd).toBe(3000);
    expect(new Set(pieces.map(({ rowEnd }) => rowEnd))).toEqual(new Set([1000, 2000, 3000]));
    const footerBytes = bytes.readUInt32LE(bytes.length - 8);
    expect(pieces.at(-2)!.byteEnd).toBe(bytes.length - 8 - footerBytes);
  });

  it("zero rows are a file with columns and no row group", async () => {
    const { bytes, rows, pieces } = await write(Note, []);
    expect({ rows, pieces: pieces.length }).toEqual({ rows: 0, pieces: 1 });
    const { reader } = await open(bytes, { pieces });
    expect(reader.columns).toEqual(Note.columns);
    expect(await read(bytes, { pieces })).toEqual([]);
  });

  it("hands a sink one row group at a time and waits for it", async () => {
    let open = 0;
    const sink = {
      write: async () => {
        expect(++open).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 1));
        open--;
      },
    };
    const writer = parquetFormat({ rowGroupRows: 100 }).write(Note, sink, "notes");
    await writer.write(notes(300));
    await writer.finish();
  });

  it("a row group of large values has fewer rows", async () => {
    const rows = notes(100).map((row, n) => ({ ...row, text: String(n % 10).repeat(1 << 20) }));
    const { bytes, pieces } = await write(Note, rows, { compression: "none" });
    expect((await footerOf(bytes)).groups.map(({ rowEnd }) => rowEnd)).toEqual([32, 64, 96, 100]);
    const sizes = pieces.map(({ byteEnd }, n) => byteEnd - (pieces[n - 1]?.byteEnd ?? 0));
    expect(Math.max(...sizes)).toBeLessThanOrEqual((16 << 20) + (16 << 10));
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

  it("refuses a list of more values than can be read again", async () => {
    const type = typed([{ name: "list", type: "list", items: { type: "bool", nullable: true } }]);
    const list = (length: number) => ({ list: new Array<null>(length).fill(null) });
    await expect(write(type, [list(1), list((1 << 22) + 1)])).rejects.toMatchObject({
      row: 1,
      field: "list.list.element",
    });
    const { bytes, pieces } = await write(type, [list(2), list(1 << 22)]);
    const rows = await read(bytes, { type, pieces, trusted: true });
    expect(rows.map(({ list }) => (list as null[]).length)).toEqual([2, 1 << 22]);
  });

  it("refuses a struct without fields by name, before a byte is written", async () => {
    const type = typed([{ name: "empty", type: "list", items: { type: "struct", fields: [] } }]);
    const sink = memorySink();
    const writer = parquetFormat().write(type, sink, "typed");
    await expect(writer.write([])).rejects.toThrow(
      'Cannot store column "empty.list.element" in Parquet: a struct without fields; use json',
    );
    expect(sink.writes).toEqual([]);
  });

  it("runs the schema: what comes out of it is written, and its issues name the field", async () => {
    const schema = z.object({ id: z.int32(), text: z.string().trim().min(2) });
    const Checked = rowType({ name: "checked", schema }) as unknown as RowType;
    const { bytes } = await write(Checked, [{ id: 1, text: "  hi " }]);
    expect(await read(bytes)).toEqual([{ id: 1, text: "hi" }]);
    await expect(write(Checked, [{ id: 1, text: " h " }])).rejects.toMatchObject({ row: 0, field: "text" });
  });

  it("refuses options that mean nothing", () => {
    const refused = (options: object) => () => parquetFormat(options);
    expect(refused({ compression: "lzo" })).toThrow('Cannot compress with "lzo": compressions are snappy, gzip,');
    expect(refused({ compression: "lz4", compressionLevel: 3 })).toThrow(
      "Cannot compress with lz4 at level 3: it has no levels",
    );
    expect(refused({ compression: "gzip", compressionLevel: 0 })).toThrow("at level 0: levels are 1 to 9");
    expect(refused({ rowGroupRows: 0 })).toThrow("Cannot write row groups of 0 rows");
    expect(refused({ dialect: "hive" })).toThrow('Cannot write dialect "hive"');
  });

  for (const compression of Object.keys(COMPRESSIONS) as CompressionName[]) {
    it(`${compression} is read back, here and by another reader`, async () => {
      const rows = notes(2500);
      const { bytes, pieces } = await write(Note, rows, { compression, rowGroupRows: 1000 });
      expect(await read(bytes, { type: Note, pieces, trusted: true })).toEqual(rows);
      const { buffer, byteOffset, byteLength } = bytes;
      const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
      const others = await parquetReadObjects({ file, compressors });
      const asOthers = rows.map(({ vector, meta, ...row }) => ({
        ...row,
        vector: vector && [...(vector as Float32Array)],
      }));
      expect(
        others.map(({ meta, tags, vector, ...row }) => ({ ...row, tags: tags ?? null, vector: vector ?? null })),
      ).toEqual(asOthers);
    });
  }

  it("levels change the size, where there are levels", async () => {
    const rows = notes(3000);
    const size = async (compression: CompressionName, compressionLevel: number) =>
      (await write(Note, rows, { compression, compressionLevel })).bytes.length;
    for (const [compression, low, high] of [
      ["gzip", 1, 9],
      ["brotli", 0, 9],
      ["zstd", 1, 15],
    ] as const)
      expect(await size(compression, high), compression).toBeLessThan(await size(compression, low));
  });

  it("what does not shrink is stored as it is", async () => {
    const random = fc.sample(fc.float({ noNaN: true, min: -1, max: 1 }), { numRuns: 8000, seed: SEED });
    const rows = notes(1000).map((row, n) => ({ ...row, vector: Float32Array.from(random.slice(n * 8, n * 8 + 8)) }));
    const footer = await footerOf((await write(Note, rows, { compression: "snappy" })).bytes);
    expect(chunkOf(footer, "vector").codec).toBe("UNCOMPRESSED");
    expect(chunkOf(footer, "text").codec).toBe("SNAPPY");
  });

  it("statistics are the least and greatest in the format's order, texts cut and rounded outwards", async () => {
    const type = typed([
      { name: "text", type: "text", nullable: true },
      { name: "float", type: "float64" },
      { name: "high", type: "text" },
    ]);
    const long = `${"m".repeat(63)}é and more`;
    const { bytes } = await write(type, [
      { text: long, float: 0, high: "\uffff" },
      { text: null, float: 1, high: "\u{10000}" },
    ]);
    const footer = await footerOf(bytes);
    const { statistics } = chunkOf(footer, "text");
    expect(statistics.null_count).toBe(1);
    // é takes two bytes, the first of which would be the 64th.
    expect(Buffer.from(statistics.min_value!).toString()).toBe("m".repeat(63));
    expect(Buffer.from(statistics.max_value!).toString()).toBe(`${"m".repeat(62)}n`);
    expect(statistics).toMatchObject({ is_min_value_exact: false, is_max_value_exact: false });
    expect(Object.is(Buffer.from(chunkOf(footer, "float").statistics.min_value!).readDoubleLE(), -0)).toBe(true);
    // By bytes U+10000 is above U+FFFF, by UTF-16 units it is below.
    const { min_value: min, max_value: max } = chunkOf(footer, "high").statistics;
    expect([Buffer.from(min!).toString(), Buffer.from(max!).toString()]).toEqual(["\uffff", "\u{10000}"]);
  });

  it("bounds hold for any texts: none is outside of them", async () => {
    const type = typed([{ name: "text", type: "text" }]);
    const texts = fc.array(
      fc.string({ unit: "binary", minLength: 0, maxLength: 80 }).filter((text) => text.isWellFormed()),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(texts, async (texts) => {
        const { bytes } = await write(
          type,
          texts.map((text) => ({ text })),
        );
        const { min_value: min, max_value: max } = chunkOf(await footerOf(bytes), "text").statistics;
        for (const text of texts.map((text) => Buffer.from(text))) {
          expect(Buffer.compare(min!, text)).toBeLessThanOrEqual(0);
          if (max) expect(Buffer.compare(max, text)).toBeGreaterThanOrEqual(0);
        }
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('dialect "kura-python" stores lists, structs and maps as JSON texts, and floats as lists', async () => {
    const type = typed([
      { name: "tags", type: "list", items: { type: "text" }, nullable: true },
      { name: "meta", type: "json" },
      { name: "embedding", type: "list", items: { type: "float64" }, nullable: true },
      { name: "map", type: "map", values: { type: "int32" } },
    ]);
    const rows = [
      { tags: ["ü"], meta: { a: 1 }, embedding: [0.1], map: { a: 1 } },
      { tags: null, meta: {}, embedding: null, map: {} },
      { tags: [], meta: { a: [null] }, embedding: [], map: { b: 2 } },
    ];
    const { bytes } = await write(type, rows, { dialect: "kura-python" });
    const { columns } = (await footerOf(bytes)).schema;
    expect(columns.map(({ shape }) => (shape.kind === "leaf" ? shape.leaf.stored.kind : shape.kind))).toEqual([
      "text",
      "text",
      "list",
      "text",
    ]);
    expect(await read(bytes)).toEqual(rows);
    expect(await read(bytes, { type })).toEqual(rows);
  });
});

describe("parquetFormat.isWhole()", () => {
  it("tells a whole file from one that is cut off, and from another format", async () => {
    const { bytes } = await write(Note, notes(100));
    const isWhole = (bytes: Uint8Array) => parquetFormat().isWhole(memorySource(bytes));
    expect(await isWhole(bytes)).toBe(true);
    for (const length of [0, 3, 8, 100, bytes.length - 1])
      expect(await isWhole(bytes.subarray(0, length)), String(length)).toBe(false);
    expect(await isWhole(Buffer.from('{"a":1}\n{"a":2}\n'))).toBe(false);
  });
});

describe("parquetFormat.read()", () => {
  it("reads what hyparquet-writer wrote", async () => {
    const buffer = parquetWriteBuffer({
      columnData: [
        { name: "id", data: ["a", "b", "c"], type: "STRING" },
        { name: "n", data: [1, null, 3], type: "INT32" },
        { name: "any", data: [{ a: 1 }, null, [2]], type: "JSON" },
      ],
    });
    expect(await read(new Uint8Array(buffer))).toEqual([
      { id: "a", n: 1, any: { a: 1 } },
      { id: "b", n: null, any: null },
      { id: "c", n: 3, any: [2] },
    ]);
  });

  it("a projection reads the bytes of its columns and the footer, and nothing else", async () => {
    const rows = notes(20_000);
    const { bytes, pieces } = await write(Note, rows, { rowGroupRows: 5000 });
    const { reader, source } = await open(bytes, { type: Note, pieces, trusted: true });
    const seen: Row[] = [];
    for await (const batch of reader.batches({ columns: ["n", "id"] })) seen.push(...batch);
    expect(seen).toEqual(rows.map(({ id, n }) => ({ id, n })));
    const footer = await footerOf(bytes);
    const wanted = footer.groups.flatMap(({ chunks }) =>
      ["id", "n"].map((name) => chunks[footer.schema.leaves.find(({ path }) => path[0] === name)!.index]!),
    );
    const wantedBytes = wanted.reduce((sum, { byteStart, byteEnd }) => sum + byteEnd - byteStart, 0);
    const footerBytes = bytes.length - pieces.at(-2)!.byteEnd;
    const readBytes = source.reads.reduce((sum, [start, end]) => sum + end - start, 0);
    // Small chunks share a piece with a neighbour: the magic before the first one, and what is not worth a piece.
    expect(readBytes).toBeLessThan(wantedBytes + footerBytes + 4 * (16 << 10));
    expect(readBytes).toBeLessThan(bytes.length / 3);
  });

  it("a condition that statistics rule out reads no row group", async () => {
    const { bytes, pieces } = await write(Note, notes(4000), { rowGroupRows: 1000 });
    const { reader, source } = await open(bytes, { type: Note, pieces, trusted: true });
    const before = source.reads.length;
    for await (const _ of reader.batches({ where: { n: { gt: 4000 } } })) expect.fail("there is no such row");
    expect(source.reads.length).toBe(before);
    const found: Row[] = [];
    for await (const batch of reader.batches({ where: { n: { gte: 2500, lt: 2503 } } })) found.push(...batch);
    expect(found).toEqual(notes(2503).slice(2500));
    const group = (await footerOf(bytes)).groups[2]!;
    for (const [start, end] of source.reads.slice(before)) {
      expect(start).toBeGreaterThanOrEqual(group.chunks[0]!.byteStart - (16 << 10));
      expect(end).toBeLessThanOrEqual(group.chunks.at(-1)!.byteEnd + (16 << 10));
    }
  });

  it("a key that a bloom filter has not seen costs the filters and no rows", async () => {
    const rows = notes(4000);
    const { bytes, pieces } = await write(Note, rows, { rowGroupRows: 1000 });
    const { reader, source } = await open(bytes, { type: Note, pieces, trusted: true });
    const footer = await footerOf(bytes);
    const filters = footer.groups.map(({ chunks }) => chunks[0]!.bloomFilter!);
    const before = source.reads.length;
    // Between the least and the greatest by its letters: statistics do not rule it out.
    for await (const _ of reader.batches({ where: { id: "note-2x" } })) expect.fail("there is no such row");
    for (const [start, end] of source.reads.slice(before))
      expect(filters.some(({ byteStart, byteEnd }) => start <= byteStart && byteEnd <= end)).toBe(true);
    for (const n of [0, 1999, 3999])
      expect(await read(bytes, { type: Note, pieces, trusted: true, where: { id: `note-${n}` } })).toEqual([rows[n]]);
  });

  it("a condition gives the rows that filtering after loading gives", async () => {
    const rows = notes(700);
    const { bytes, pieces } = await write(Note, rows, { rowGroupRows: 100 });
    const scalar = (field: string): fc.Arbitrary<string | number> =>
      field === "n" || field === "score"
        ? fc.oneof(fc.integer({ min: -5, max: 705 }), fc.double({ min: 0, max: 90, noNaN: true }))
        : fc.constantFrom("note-5", "note-650", "note 3 ", "a", "b", "", "\uffff", "🦆");
    const test = fc.constantFrom("id", "n", "text", "score").chain((field) =>
      fc
        .oneof(
          fc
            .record({ operator: fc.constantFrom("eq", "ne", "gt", "gte", "lt", "lte"), value: scalar(field) })
            .map(({ operator, value }) => ({ [operator]: value })),
          fc.array(scalar(field), { maxLength: 3 }).map((values) => ({ in: values })),
          fc.boolean().map((isNull) => ({ isNull })),
          fc.constant(null),
          scalar(field),
        )
        .map((wanted) => ({ [field]: wanted }) as Condition),
    );
    const condition: fc.Arbitrary<Condition> = fc.letrec<{ any: Condition }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 2 },
        test,
        test,
        fc.array(tie("any"), { minLength: 1, maxLength: 2 }).map((and) => ({ and })),
        fc.array(tie("any"), { minLength: 1, maxLength: 2 }).map((or) => ({ or })),
        tie("any").map((not) => ({ not })),
      ),
    })).any;
    await fc.assert(
      fc.asyncProperty(condition, async (where) => {
        const wanted = rows.filter(compileCondition(where, Note.columns).test);
        expect(await read(bytes, { type: Note, pieces, trusted: true, where })).toEqual(wanted);
        const ids = await read(bytes, { type: Note, pieces, trusted: true, where, columns: ["id"] });
        expect(ids).toEqual(wanted.map(({ id }) => ({ id })));
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it("rows by their numbers, across groups and pages", async () => {
    const rows = notes(6000);
    const { bytes, pieces } = await write(Note, rows, { rowGroupRows: 4000 });
    for (const [rowStart, rowEnd] of [
      [0, 1],
      [2499, 2501],
      [3999, 4001],
      [5999, 6000],
      [100, 100],
      [5990, 7000],
      [7000, 8000],
    ] as const) {
      const found = await read(bytes, { type: Note, pieces, trusted: true, rowStart, rowEnd });
      expect(found, `${rowStart}-${rowEnd}`).toEqual(rows.slice(rowStart, rowEnd));
    }
    expect(await read(bytes, { rowStart: 3990, rowEnd: 4010, where: { n: { gt: 4005 } } })).toEqual(
      rows.slice(4006, 4010),
    );
    await expect(read(bytes, { rowStart: -1 })).rejects.toThrow(RangeError);
    await expect(read(bytes, { columns: ["nope"] })).rejects.toThrow('Cannot read column "nope": there is none');
    await expect(read(bytes, { where: { nope: 1 } })).rejects.toThrow(RangeError);
  });

  it("an added optional field is null; one that is missing or of another type is refused with both types", async () => {
    const { bytes } = await write(Note, notes(3));
    const added = typed([...Note.columns, { name: "new", type: "int32", nullable: true }]);
    expect(await read(bytes, { type: added })).toEqual(notes(3).map((row) => ({ ...row, new: null })));
    const refused = async (column: RowType["columns"][number]) => {
      const error = await read(bytes, { type: typed([column]) }).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(RowTypeMismatchError);
      return (error as Error).message;
    };
    expect(await refused({ name: "new", type: "int32" })).toBe(
      'Cannot read "notes.parquet": field "new" is stored as nothing and wanted as int32',
    );
    expect(await refused({ name: "text", type: "bool" })).toBe(
      'Cannot read "notes.parquet": field "text" is stored as text and wanted as bool',
    );
    expect(await refused({ name: "tags", type: "list", items: { type: "bool" } })).toContain(
      'field "tags[]" is stored as text and wanted as bool',
    );
    expect(await refused({ name: "n", type: "text" })).toContain("is stored as int32 and wanted as text");
  });

  it("tells once which fields a row type leaves out", async () => {
    const { bytes } = await write(Note, notes(3));
    const told: (readonly string[])[] = [];
    const type = typed(Note.columns.slice(0, 2));
    const rows = await read(bytes, { type, onUnknownFields: (fields) => told.push(fields) });
    expect(rows).toEqual(notes(3).map(({ id, n }) => ({ id, n })));
    expect(told).toEqual([["text", "score", "tags", "meta", "vector"]]);
  });

  it("columns of others are read as the row type names them, where nothing is lost", async () => {
    const foreign = typed([
      { name: "int", type: "int64" },
      { name: "float", type: "float64" },
      { name: "json", type: "text" },
      { name: "list", type: "list", items: { type: "float64" } },
      { name: "struct", type: "struct", fields: [{ name: "a", type: "int32" }] },
    ]);
    const rows = [{ int: 5, float: 3, json: '{"a":[1,2]}', list: [0.5, 1], struct: { a: 1 } }];
    const { bytes } = await write(foreign, rows);
    const wanted = typed([
      { name: "int", type: "int32" },
      { name: "float", type: "int32" },
      { name: "json", type: "map", values: { type: "list", items: { type: "int32" } } },
      { name: "list", type: "vector" },
      { name: "struct", type: "json" },
    ]);
    expect(await read(bytes, { type: wanted })).toEqual([
      { int: 5, float: 3, json: { a: [1, 2] }, list: new Float32Array([0.5, 1]), struct: { a: 1 } },
    ]);
    const lossy = await write(foreign, [{ ...rows[0]!, float: 3.5 }]);
    await expect(read(lossy.bytes, { type: wanted })).rejects.toMatchObject({
      row: 0,
      field: "float",
      message: expect.stringContaining("an integer of 32 bits is needed, it is 3.5"),
    });
  });

  it("runs the schema over unverified rows, whatever is asked for", async () => {
    const schema = z.object({ id: z.string(), n: z.int().transform((n) => n + 1) });
    const plain = typed([
      { name: "id", type: "text" },
      { name: "n", type: "int64" },
    ]);
    const Checked = typed(plain.columns, schema as unknown as NonNullable<RowType["schema"]>);
    const { bytes } = await write(plain, [
      { id: "a", n: 1 },
      { id: "b", n: 2 },
    ]);
    expect(await read(bytes, { type: Checked, where: { n: 3 }, columns: ["id"] })).toEqual([{ id: "b" }]);
  });

  it("what is not what the columns say is an error that names row and field", async () => {
    const text = typed([{ name: "at", type: "text", nullable: true }]);
    const { bytes } = await write(text, [{ at: "2025-06-30T12:00:00" }, { at: "yesterday" }]);
    await expect(
      read(bytes, { type: typed([{ name: "at", type: "timestamp", nullable: true }]) }),
    ).rejects.toMatchObject({ row: 1, field: "at" });
    const { bytes: nulls } = await write(text, [{ at: "a" }, { at: null }]);
    await expect(read(nulls, { type: typed([{ name: "at", type: "text" }]) })).rejects.toThrow(
      'Cannot read "notes.parquet" at row 1, field "at": text is needed, it is null',
    );
  });

  it("stops when it is told to", async () => {
    const { bytes, pieces } = await write(Note, notes(5000));
    for (const options of [{}, { pieces, trusted: true }]) {
      const stop = new AbortController();
      const { reader } = await open(bytes, { type: Note, ...options });
      const seen: Row[] = [];
      const reading = (async () => {
        for await (const batch of reader.batches({ signal: stop.signal })) {
          seen.push(...batch);
          stop.abort(new Error("enough"));
        }
      })();
      await expect(reading).rejects.toThrow("enough");
      expect(seen.length).toBeLessThan(5000);
    }
  });

  it("a caller that has enough may leave", async () => {
    const { bytes } = await write(Note, notes(5000));
    const { reader } = await open(bytes);
    for await (const batch of reader.batches({})) {
      expect(batch[0]).toEqual(notes(1)[0]);
      break;
    }
  });

  it("a file that is something else says so", async () => {
    const failure = (bytes: Uint8Array) => read(bytes).catch((error: unknown) => error);
    const { bytes } = await write(Note, notes(10));
    for (const [wrong, reason] of [
      [Buffer.from("PAR1"), "4 bytes are too few for a Parquet file"],
      [bytes.subarray(0, -1), "it does not end as a Parquet file does"],
      [Buffer.concat([bytes.subarray(0, -4), Buffer.from("PARE")]), "it is encrypted"],
    ] as const) {
      const error = await failure(wrong);
      expect(error).toBeInstanceOf(CorruptCheckpointError);
      expect((error as Error).message).toContain(reason);
    }
  });
});
