import fc from "fast-check";
import { expect, it } from "vitest";
import { ByteBuffer } from "../../src/formats/columnar/byte-buffer.js";
import { decodeHybrid, HybridEncoder } from "../../src/formats/parquet/hybrid.js";

it("values of every width come out of runs and groups as they went in, wherever these end", () => {
  const table = fc.integer({ min: 1, max: 32 }).chain((bitWidth) =>
    fc.record({
      bitWidth: fc.constant(bitWidth),
      runs: fc.array(
        fc.record({ value: fc.nat({ max: 2 ** Math.min(31, bitWidth) - 1 }), count: fc.integer({ min: 1, max: 40 }) }),
        { maxLength: 60 },
      ),
    }),
  );
  fc.assert(
    fc.property(table, ({ bitWidth, runs }) => {
      const out = new ByteBuffer();
      const encoder = new HybridEncoder(out, bitWidth);
      for (const { value, count } of runs) encoder.push(value, count);
      encoder.finish();
      const values = runs.flatMap(({ value, count }) => Array<number>(count).fill(value));
      const decoded = new Int32Array(values.length);
      // Nothing is behind the last byte.
      const bytes = new Uint8Array(out.view());
      decodeHybrid(bytes, 0, bytes.length, bitWidth, decoded);
      expect([...decoded]).toEqual(values);
    }),
    { seed: 1, numRuns: 500 },
  );
});
