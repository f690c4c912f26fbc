import { describe, expect, it } from "vitest";
import { CorruptCheckpointError, KuraError } from "../../src/errors.js";
import { encodeFlatTable, type FlatFields, FlatTable } from "../../src/formats/hf-dataset/flatbuffers.js";
import { END_OF_STREAM, encodeMessage, RECORD_BATCH, SCHEMA } from "../../src/formats/hf-dataset/messages.js";
import { openShard } from "../../src/formats/hf-dataset/shard.js";
import { LONG, SEED } from "../crash/scale.js";
import { memorySource } from "../support/memory-source.js";
import { seededIndex, seededRandom } from "../support/random.js";
import { type Directory, read, write } from "./hf-support.js";
import { Note, notes } from "./parquet-support.js";

const MUTATIONS = LONG ? 5_000 : 150;
const FLIPS = LONG ? 10_000 : 150;
const ROWS = notes(1200);
const DATA = "data-00000.arrow";
/** Far beyond what any takes on a busy machine. */
const HUNG_MS = 60_000;

const written = write(Note, ROWS);
/** As somebody else saves it, who does not say how many rows there are. */
const foreign = written.then(({ directory }) => {
  const { kura: _, ...state } = JSON.parse(directory.head.toString()) as Record<string, unknown>;
  return { head: Buffer.from(JSON.stringify(state)), files: directory.files };
});

/** Some bytes changed, or a part taken out, put in twice or cut off; mostly where messages begin. */
function mutate(bytes: Buffer, heads: readonly (readonly [number, number])[], random: () => number): Buffer {
  const [from, to] = random() < 0.7 ? heads[seededIndex(random, heads.length)]! : ([0, bytes.length] as const);
  const at = from + seededIndex(random, to - from);
  const length = 1 + seededIndex(random, 200);
  switch (seededIndex(random, 6)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    default: {
      const changed = Buffer.from(bytes);
      for (let count = 1 + seededIndex(random, 4); count > 0; count--) {
        const place = from + seededIndex(random, to - from);
        changed[place] = random() < 0.5 ? changed[place]! ^ (1 << seededIndex(random, 8)) : seededIndex(random, 256);
      }
      return changed;
    }
  }
}

async function headsOf(bytes: Buffer): Promise<[number, number][]> {
  const { batches } = await openShard(memorySource(bytes), 0);
  const places = batches.map(({ start, bodyStart }): [number, number] => [start, bodyStart!]);
  return [[0, places[0]![0]], ...places, [bytes.length - 8, bytes.length]];
}

async function outcomeOf(directory: Directory, what = "a cut"): Promise<"rows" | "error"> {
  const started = performance.now();
  let outcome = "rows";
  try {
    // Whatever else is in them: never fewer.
    expect((await read(directory)).length).toBe(ROWS.length);
    return "rows";
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    outcome = error.message;
    return "error";
  } finally {
    expect(performance.now() - started, `${what}: ${outcome}`).toBeLessThan(HUNG_MS);
  }
}

describe("hfDatasetFormat.read() of damaged directories", () => {
  it(`${MUTATIONS} mutations that no manifest describes: all rows or an error, none hangs`, async () => {
    const random = seededRandom(SEED);
    const { head, files } = await foreign;
    const bytes = files.get(DATA)!;
    const heads = await headsOf(bytes);
    let errors = 0;
    for (let count = 0; count < MUTATIONS; count++) {
      const directory =
        count % 10 === 0
          ? { head: mutate(head, [[0, head.length]], random), files }
          : { head, files: new Map([[DATA, mutate(bytes, heads, random)]]) };
      if ((await outcomeOf(directory, `mutation ${count} of seed ${SEED}`)) === "error") errors++;
    }
    expect(errors).toBeGreaterThan(MUTATIONS / 3);
    expect(process.memoryUsage.rss()).toBeLessThan(640 << 20);
  });

  it("a cut at any message, or at any byte of what is before a body, is an error", async () => {
    const { head, files } = await foreign;
    const bytes = files.get(DATA)!;
    const step = LONG ? 1 : 37;
    for (const [from, to] of await headsOf(bytes)) {
      for (const end of [from, to, ...Array.from({ length: (to - from) / step }, (_, n) => from + n * step)]) {
        if (end === bytes.length) continue;
        await expect(openShard(memorySource(bytes.subarray(0, end)), 0)).rejects.toThrow();
      }
      if (to === bytes.length) continue;
      expect(await outcomeOf({ head, files: new Map([[DATA, bytes.subarray(0, to)]]) })).toBe("error");
    }
  });

  it("a batch that claims no rows, or fewer than its columns have, is an error and not passed over", async () => {
    const { head, files } = await foreign;
    const bytes = Buffer.from(files.get(DATA)!);
    const thousand = Buffer.from([0xe8, 0x03, 0, 0, 0, 0, 0, 0]);
    const [, [from, to]] = (await headsOf(bytes)) as [[number, number], [number, number]];
    const at = bytes.indexOf(thousand, from);
    expect(at).toBeLessThan(to);
    for (const rows of [0, 999]) {
      bytes.writeBigInt64LE(BigInt(rows), at);
      const directory = { head, files: new Map([[DATA, bytes]]) };
      await expect(read(directory)).rejects.toThrow(`a batch of ${rows} rows has a column of another length`);
      await expect(read(directory, { rowStart: 1100 })).rejects.toThrow("has a column of another length");
    }
  });

  it(`${FLIPS} flipped bits in a directory that a manifest describes: never other rows`, async () => {
    const random = seededRandom(SEED);
    const { directory } = await written;
    const { head, files, pieces } = directory;
    const bytes = files.get(DATA)!;
    for (let count = 0; count < FLIPS; count++) {
      const isHead = count % 20 === 0;
      const flipped = Buffer.from(isHead ? head : bytes);
      flipped[seededIndex(random, flipped.length)]! ^= 1 << seededIndex(random, 8);
      const damagedOne = isHead
        ? { head: flipped, files, pieces }
        : { head, files: new Map([[DATA, flipped]]), pieces };
      const columns = random() < 0.5 ? undefined : ["n"];
      const rows = await read(damagedOne, { type: Note, trusted: true, columns }).catch((error: unknown) => error);
      if (rows instanceof CorruptCheckpointError) continue;
      // The bit is in a piece that was not read.
      expect(rows, `flip ${count} of seed ${SEED}`).toEqual(columns ? ROWS.map(({ n }) => ({ n })) : ROWS);
    }
  });

  it("more nulls than fit into memory, in a kilobyte, end a child process or its patience, and are an error here", async () => {
    const error = await read(listsOfNulls(6, 1 << 24)).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(CorruptCheckpointError);
    expect((error as Error).message).toMatch(
      /decoding (it ended the process that was sent ahead|a few hundred of its rows)/,
    );
    // The next one gets another process.
    expect((await read(await foreign)).length).toBe(ROWS.length);
  });

  it("claims of values that take no bytes are bounded", async () => {
    await expect(read(listsOfNulls(1, (1 << 24) + 1))).rejects.toThrow("a column claims 16777217 values without bytes");
  });

  it("metadata that says the same over and over is refused", () => {
    const tables: FlatFields[] = [[{ text: "x".repeat(10_000) }], ...Array.from({ length: 999 }, (): FlatFields => [])];
    const bytes = Buffer.from(encodeFlatTable([{ tables }]));
    const root = bytes.readUInt32LE(0);
    const field = root + bytes.readUInt16LE(root - bytes.readInt32LE(root) + 4);
    const first = field + bytes.readUInt32LE(field) + 4;
    // All thousand places of the vector lead to the first table.
    const table = first + bytes.readUInt32LE(first);
    for (let at = first; at < first + 4000; at += 4) bytes.writeUInt32LE(table - at, at);
    const texts = () =>
      FlatTable.root(bytes)
        .tables(0)
        .map((one) => one.text(0));
    expect(texts).toThrow("a message says the same over and over");
  });
});

/** One row whose columns are lists of so many nulls, which take no bytes. */
function listsOfNulls(columns: number, length: number): Directory {
  const list = (name: string): FlatFields => [
    { text: name },
    { uint8: 1 },
    { uint8: 12 },
    { table: [] },
    undefined,
    { tables: [[{ text: "item" }, { uint8: 1 }, { uint8: 1 }, { table: [] }]] },
  ];
  const names = Array.from({ length: columns }, (_, n) => `list${n}`);
  const schema = encodeMessage(SCHEMA, [undefined, { tables: names.map(list) }], 0);
  const body = Buffer.alloc(columns * 8);
  const nodes: number[][] = [];
  const buffers: number[][] = [];
  for (const index of names.keys()) {
    body.writeInt32LE(length, index * 8 + 4);
    nodes.push([1, 0], [length, 0]);
    buffers.push([0, 0], [index * 8, 8]);
  }
  const batch = encodeMessage(RECORD_BATCH, [{ int64: 1 }, { structs: nodes }, { structs: buffers }], body.length);
  const bytes = Buffer.concat([schema, batch, body, END_OF_STREAM]);
  return { head: Buffer.from(JSON.stringify({ _data_files: [{ filename: DATA }] })), files: new Map([[DATA, bytes]]) };
}
