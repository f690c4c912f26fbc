import fc from "fast-check";
import { expect, it } from "vitest";
import { ByteBuffer } from "../../src/formats/columnar/byte-buffer.js";
import { Damage } from "../../src/formats/columnar/damage.js";
import { valuesOfDictionary } from "../../src/formats/parquet/dictionary-values.js";
import { decodeHybrid, HybridEncoder } from "../../src/formats/parquet/hybrid.js";
import { SEED } from "../crash/scale.js";

/** A page that holds these numbers: as runs where a value is repeated. */
function pageOf(indexes: readonly { value: number; count: number }[], bitWidth: number): Uint8Array {
  const out = new ByteBuffer();
  out.byte(bitWidth);
  const encoder = new HybridEncoder(out, bitWidth);
  for (const { value, count } of indexes) encoder.push(value, count);
  encoder.finish();
  return new Uint8Array(out.view());
}

const runs = fc.integer({ min: 0, max: 20 }).chain((bitWidth) =>
  fc.record({
    bitWidth: fc.constant(bitWidth),
    indexes: fc.array(
      fc.record({ value: fc.nat({ max: 2 ** bitWidth - 1 }), count: fc.integer({ min: 1, max: 40 }) }),
      { minLength: 1, maxLength: 40 },
    ),
  }),
);

it("gives the values of every kind of dictionary by their numbers", () => {
  fc.assert(
    fc.property(runs, ({ bitWidth, indexes }) => {
      const page = pageOf(indexes, bitWidth);
      const wanted = indexes.flatMap(({ value, count }) => Array<number>(count).fill(value));
      const size = 2 ** bitWidth;
      const doubles = Float64Array.from({ length: size }, (_, index) => index / 3);
      const words = Int32Array.from({ length: size * 2 }, (_, index) => index * 7);
      const [starts, ends] = [new Int32Array(size), new Int32Array(size)];
      const get = (dictionary: Parameters<typeof valuesOfDictionary>[0]) =>
        valuesOfDictionary(dictionary, page, wanted.length);
      expect(get({ kind: "numbers", array: new Float32Array(doubles) })).toEqual({
        kind: "numbers",
        array: Float32Array.from(wanted, (index) => doubles[index]!),
      });
      expect(get({ kind: "numbers", array: doubles })).toEqual({
        kind: "numbers",
        array: Float64Array.from(wanted, (index) => doubles[index]!),
      });
      expect(get({ kind: "int64s", words })).toEqual({
        kind: "int64s",
        words: Int32Array.from(wanted.flatMap((index) => [words[index * 2]!, words[index * 2 + 1]!])),
      });
      const dictionary = { kind: "bytes", bytes: Buffer.alloc(0) as never, starts, ends } as const;
      expect(get(dictionary)).toEqual({ kind: "indexed", dictionary, indexes: Int32Array.from(wanted) });
    }),
    { seed: SEED, numRuns: 100 },
  );
});

it("takes any bytes for what decodeHybrid takes them for, or refuses them as it does", () => {
  const dictionary = { kind: "numbers", array: Int32Array.from({ length: 1000 }, (_, index) => index) } as const;
  const page = fc.tuple(fc.integer({ min: 0, max: 34 }), fc.uint8Array({ maxLength: 60 }));
  fc.assert(
    fc.property(page, fc.integer({ min: 1, max: 300 }), ([bitWidth, bytes], count) => {
      const decoded = new Int32Array(count);
      let outcome: unknown;
      try {
        decodeHybrid(bytes, 0, bytes.length, bitWidth, decoded);
        outcome = decoded.every((index) => index >= 0 && index < 1000) ? decoded : Damage;
      } catch {
        outcome = Damage;
      }
      const act = () => valuesOfDictionary(dictionary, Uint8Array.of(bitWidth, ...bytes), count);
      if (outcome === Damage) expect(act).toThrow(Damage);
      else expect(act()).toEqual({ kind: "numbers", array: outcome });
    }),
    { seed: SEED, numRuns: 2000 },
  );
});
