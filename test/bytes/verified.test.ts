import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Piece } from "../../src/bytes/piece.js";
import { PieceBuilder } from "../../src/bytes/piece-builder.js";
import { scanPieces } from "../../src/bytes/scan-pieces.js";
import { verified } from "../../src/bytes/verified.js";
import { CorruptCheckpointError } from "../../src/errors.js";
import { memorySource } from "../support/memory-source.js";

const bytes = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7 + (index >> 3)) & 255);

function piecesOf(content: Uint8Array, ends: readonly number[]): Piece[] {
  return ends.map((byteEnd, index) => ({
    byteEnd,
    rowEnd: (index + 1) * 10,
    crc32: crc32(content.subarray(ends[index - 1] ?? 0, byteEnd)),
  }));
}

const pieces = piecesOf(bytes, [1, 3, 100, 101, 400, 1000]);

function flipped(at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at]! ^= 0x10;
  return copy;
}

describe("verified()", () => {
  it("reads any ranges, in any order, into any memory, as the source would", async () => {
    const ranges = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000), fc.boolean()), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(ranges, async (wanted) => {
        const source = verified(memorySource(bytes), pieces, "x");
        const memory = new Uint8Array(1000);
        for (const [a, b, reuse] of wanted) {
          const [start, end] = a < b ? [a, b] : [b, a];
          const read = await source.read(start, end, reuse ? { into: memory } : {});
          expect(Buffer.from(read).equals(bytes.subarray(start, end))).toBe(true);
          read.fill(0); // it is the reader's
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it("returns no byte of a piece that is not what was saved, and every byte of the others", async () => {
    for (const at of [0, 2, 50, 100, 399, 999]) {
      const wrong = pieces.findIndex((piece) => at < piece.byteEnd);
      const source = verified(memorySource(flipped(at)), pieces, "x.jsonl");
      for (const [index, { byteEnd }] of pieces.entries()) {
        const start = pieces[index - 1]?.byteEnd ?? 0;
        const read = source.read(start, byteEnd);
        if (index !== wrong) expect(Buffer.from(await read).equals(bytes.subarray(start, byteEnd))).toBe(true);
        else await expect(read).rejects.toThrow(CorruptCheckpointError);
      }
    }
    await expect(verified(memorySource(flipped(50)), pieces, "x.jsonl").read(90, 110)).rejects.toThrow(
      'Cannot read "x.jsonl" at row 20: bytes 3-99, which hold rows 20-29, are not those that were saved',
    );
  });

  it("names the rows of a piece of a columnar file, and none for what is behind them", async () => {
    // Two row groups of two chunks, and a footer.
    const columnar = [10, 20, 20, 20, 20].map((rowEnd, index) => {
      const [byteStart, byteEnd] = [index * 200, index * 200 + 200];
      return { byteEnd, rowEnd, crc32: crc32(bytes.subarray(byteStart, byteEnd)) };
    });
    const message = async (at: number) => {
      const reading = verified(memorySource(flipped(at)), columnar, "x").read(at, at + 1);
      return await reading.then(String, (error: Error) => error.message);
    };
    expect(await message(50)).toBe(
      'Cannot read "x" at row 0: bytes 0-199, which hold rows 0-9, are not those that were saved',
    );
    expect(await message(550)).toBe(
      'Cannot read "x" at row 10: bytes 400-599, which hold rows 10-19, are not those that were saved',
    );
    expect(await message(999)).toBe('Cannot read "x": bytes 800-999 are not those that were saved');
  });

  it("refuses another length at once", () => {
    expect(() => verified(memorySource(bytes.subarray(0, 999)), pieces, "x")).toThrow(
      "it has 999 bytes, 1000 were saved",
    );
    expect(() => verified(memorySource("x"), [], "x")).toThrow("it has 1 bytes, 0 were saved");
  });

  it("reads nothing twice when read from beginning to end", async () => {
    const source = memorySource(bytes);
    const checked = verified(source, pieces, "x");
    for (let start = 0; start < 1000; start += 64) await checked.read(start, Math.min(1000, start + 64));
    expect(source.reads.reduce((sum, [start, end]) => sum + end - start, 0)).toBe(1000);
  });

  it("refuses ranges outside the file", async () => {
    const source = verified(memorySource(bytes), pieces, "x");
    for (const [start, end] of [
      [0, 1001],
      [-1, 1],
      [2, 1],
      [Number.NaN, 1],
    ] as const)
      await expect(source.read(start, end)).rejects.toThrow(RangeError);
    expect(await source.read(1000, 1000)).toHaveLength(0);
  });
});

describe("PieceBuilder", () => {
  it("makes the first row a piece, many pieces in small files, and pieces of a mebibyte in large ones", () => {
    const builder = new PieceBuilder();
    const row = new Uint8Array(1000);
    let held = 0;
    for (let n = 0; n < 40_000; n++) {
      held += row.length;
      if (held < builder.wantedBytes) continue;
      builder.close(new Uint8Array(held), held / row.length);
      held = 0;
    }
    const sizes = builder.pieces.map((piece, index) => piece.byteEnd - (builder.pieces[index - 1]?.byteEnd ?? 0));
    expect(sizes[0]).toBe(1000);
    expect(builder.pieces.filter((piece) => piece.byteEnd <= 20_000).length).toBeGreaterThan(10);
    expect(Math.max(...sizes)).toBeLessThanOrEqual((1 << 20) + 1000);
    expect(sizes.at(-1)).toBeGreaterThan(1 << 20);
    for (const [index, piece] of builder.pieces.entries())
      expect(piece.rowEnd * 1000, `piece ${index}`).toBe(piece.byteEnd);
  });
});

describe("scanPieces()", () => {
  it("counts what matches and what differs, reading each piece once", async () => {
    const source = memorySource(flipped(50));
    expect(await scanPieces(source, pieces)).toEqual({ matching: 5, differing: 1, firstDiffering: 2 });
    expect(source.reads).toHaveLength(pieces.length);
    expect(await scanPieces(memorySource(bytes), pieces)).toEqual({
      matching: 6,
      differing: 0,
      firstDiffering: undefined,
    });
  });

  it("stops when it is told to", async () => {
    await expect(
      scanPieces(memorySource(bytes), pieces, { signal: AbortSignal.abort(new Error("enough")) }),
    ).rejects.toThrow("enough");
  });
});
