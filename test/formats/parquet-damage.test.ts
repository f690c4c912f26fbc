import { describe, expect, it } from "vitest";
import type { ByteSource } from "../../src/bytes/byte-source.js";
import { CorruptCheckpointError, KuraError } from "../../src/errors.js";
import { FileMetaData, MAGIC, PageHeader, RowGroup } from "../../src/formats/parquet/metadata.js";
import { encodeThrift } from "../../src/formats/parquet/thrift.js";
import { parquetFormat } from "../../src/formats/parquet.js";
import { LONG, SEED } from "../crash/scale.js";
import { memorySource } from "../support/memory-source.js";
import { childrenPeakMb, ownPeakMb } from "../support/peak-memory.js";
import { seededIndex, seededRandom } from "../support/random.js";
import { Note, notes, read, write } from "./parquet-support.js";

const MUTATIONS = LONG ? 5_000 : 150;
const FLIPS = LONG ? 10_000 : 400;
const ROWS = notes(600);

const written = ["none", "snappy", "gzip", "brotli", "lz4", "zstd"].map((compression) =>
  write(Note, ROWS, { compression: compression as "none", rowGroupRows: 250 }),
);

/** Some bytes changed, or a part taken out, put in twice or cut off. */
function mutate(bytes: Buffer, random: () => number): Buffer {
  const at = seededIndex(random, bytes.length);
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
      // Most of what can go wrong is in the footer.
      const footerBytes = bytes.readUInt32LE(bytes.length - 8) + 8;
      const from = random() < 0.6 ? bytes.length - footerBytes : 0;
      for (let count = 1 + seededIndex(random, 4); count > 0; count--) {
        const place = from + seededIndex(random, bytes.length - from);
        changed[place] = random() < 0.5 ? changed[place]! ^ (1 << seededIndex(random, 8)) : seededIndex(random, 256);
      }
      return changed;
    }
  }
}

describe("parquetFormat.read() of damaged files", () => {
  it(`${MUTATIONS} mutations that no manifest describes: rows or an error, each within five seconds and 512 MB`, async () => {
    const random = seededRandom(SEED);
    const outcomes = { rows: 0, errors: 0, slowestMs: 0 };
    const childPeak = await childrenPeakMb(async () => {
      for (let count = 0; count < MUTATIONS; count++) {
        const { bytes } = await written[count % written.length]!;
        const started = performance.now();
        try {
          await read(mutate(bytes, random));
          outcomes.rows++;
        } catch (error) {
          if (!(error instanceof KuraError)) throw error;
          outcomes.errors++;
        }
        const ms = Math.round(performance.now() - started);
        outcomes.slowestMs = Math.max(outcomes.slowestMs, ms);
        expect(ms, `mutation ${count} of seed ${SEED}`).toBeLessThan(5_000);
      }
    });
    expect(outcomes.errors).toBeGreaterThan(MUTATIONS / 3);
    if (LONG) console.log(`mutations: ${JSON.stringify(outcomes)}, peaks of ${ownPeakMb()} and ${childPeak} MB`);
    expect(Math.max(ownPeakMb(), childPeak)).toBeLessThan(512);
  });

  it(`${FLIPS} flipped bits in files that a manifest describes: never other rows`, async () => {
    const random = seededRandom(SEED);
    const outcomes = { refused: 0, unread: 0 };
    for (let count = 0; count < FLIPS; count++) {
      const { bytes, pieces } = await written[count % written.length]!;
      const flipped = Buffer.from(bytes);
      flipped[seededIndex(random, flipped.length)]! ^= 1 << seededIndex(random, 8);
      const columns = random() < 0.5 ? undefined : ["n"];
      const rows = await read(flipped, { type: Note, pieces, trusted: true, columns }).catch((error: unknown) => error);
      if (rows instanceof CorruptCheckpointError) {
        outcomes.refused++;
        continue;
      }
      outcomes.unread++;
      // The bit is in a piece that was not read.
      expect(rows, `flip ${count} of seed ${SEED}`).toEqual(columns ? ROWS.map(({ n }) => ({ n })) : ROWS);
    }
    if (LONG) console.log(`flips: ${JSON.stringify(outcomes)}`);
  });

  it("a flipped bit in a page is noticed by its own checksum too", async () => {
    const { bytes } = await written[0]!;
    const flipped = Buffer.from(bytes);
    flipped[flipped.indexOf("note-17") + 6]! ^= 1;
    await expect(read(flipped)).rejects.toThrow("a page does not have the checksum that it had");
  });

  it("more nulls than fit into memory, in two kilobytes, end a child process or its patience, and are an error here", async () => {
    const error = await read(listsOfNulls({ columns: 12, pages: 2, slots: 1 << 23 })).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(CorruptCheckpointError);
    expect((error as Error).message).toMatch(
      /decoding (it ended the process that was sent ahead|a few hundred of its rows)/,
    );
    // The next file gets another process.
    const { bytes } = await written[1]!;
    expect(await read(bytes)).toEqual(ROWS);
  }, 30_000);

  it("claims of more than a page may be are refused before memory is given to them", async () => {
    const page = listsOfNulls({ columns: 1, pages: 1, slots: (1 << 23) + 1 });
    await expect(read(page)).rejects.toThrow("a page claims 8388609 values; at most 8388608 are read");
    const row = listsOfNulls({ columns: 1, pages: 5, slots: 1 << 23 });
    await expect(read(row)).rejects.toThrow("a few hundred rows hold more than 33554432 values");
  });

  it("bytes that are not those that the child process was given are not believed", async () => {
    const { bytes } = await written[0]!;
    const source = memorySource(bytes);
    const seen = new Set<number>();
    const changing: ByteSource = {
      ...source,
      read: async (start, end, options) => {
        const read = await source.read(start, end, options);
        // As if somebody wrote into the file after the first look.
        if (seen.has(start)) read[100]! ^= 1;
        seen.add(start);
        return read;
      },
    };
    const reader = await parquetFormat().read(changing, {
      type: Note,
      path: "notes",
      pieces: undefined,
      trusted: false,
    });
    const reading = (async () => {
      for await (const _ of reader.batches({}));
    })();
    await expect(reading).rejects.toThrow(
      /Cannot read "notes": bytes \d+-\d+ changed while they were read; read it again/,
    );
  });
});

/** One row with lists of so many nulls, in runs of a few bytes. */
function listsOfNulls({ columns, pages, slots }: { columns: number; pages: number; slots: number }): Buffer {
  const run = (value: number, count: number) => {
    const bytes: number[] = [];
    let header = count * 2;
    for (; header >= 0x80; header = Math.floor(header / 0x80)) bytes.push((header % 0x80) | 0x80);
    return Buffer.from([...bytes, header, value]);
  };
  const withLength = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const page = (isFirst: boolean) => {
    const repetition = isFirst ? Buffer.concat([run(0, 1), run(1, slots - 1)]) : run(1, slots);
    const body = Buffer.concat([withLength(repetition), withLength(run(1, slots))]);
    const header = encodeThrift(PageHeader, {
      type: 0,
      uncompressed_page_size: body.length,
      compressed_page_size: body.length,
      data_page_header: { num_values: slots, encoding: 0, definition_level_encoding: 3, repetition_level_encoding: 3 },
    });
    return Buffer.concat([header, body]);
  };
  const data = Buffer.concat(Array.from({ length: pages }, (_, index) => page(index === 0)));
  const names = Array.from({ length: columns }, (_, index) => `list${index}`);
  const footer = encodeThrift(FileMetaData, {
    version: 1,
    num_rows: 1,
    schema: [
      { name: "schema", num_children: columns },
      ...names.flatMap((name) => [
        { name, repetition_type: 0, num_children: 1, converted_type: 3 },
        { name: "list", repetition_type: 2, num_children: 1 },
        { name: "element", repetition_type: 1, type: 1 },
      ]),
    ],
    row_groups: [
      encodeThrift(RowGroup, {
        num_rows: 1,
        total_byte_size: data.length,
        // All columns share one chunk: nothing forbids it.
        columns: names.map((name) => ({
          file_offset: 0,
          meta_data: {
            type: 1,
            encodings: [0, 3],
            path_in_schema: [name, "list", "element"],
            codec: 0,
            num_values: pages * slots,
            total_uncompressed_size: data.length,
            total_compressed_size: data.length,
            data_page_offset: MAGIC.length,
          },
        })),
      }),
    ],
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([MAGIC, data, footer, length, MAGIC]);
}
