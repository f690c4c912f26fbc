import fc from "fast-check";
import { expect, it } from "vitest";
import { digest, KeyTable } from "../../src/rows/key-table.js";

it("a KeyTable is a Map of texts to 64 bits", () => {
  const operation = fc.tuple(fc.string({ maxLength: 2 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
      const [table, map] = [new KeyTable(), new Map<string, bigint>()];
      for (const [key, value] of operations) {
        expect(table.set(digest(key), value)).toBe(map.get(key));
        map.set(key, value);
      }
      expect(table.size).toBe(map.size);
      for (const [key, value] of map) expect(table.get(digest(key))).toBe(value);
      expect(table.get(digest("no such key"))).toBeUndefined();
    }),
    { seed: 7, numRuns: 50 },
  );
});

it("a KeyTable grows", () => {
  const table = new KeyTable();
  for (let key = 0; key < 20_000; key++) expect(table.set(digest(`${key}`), BigInt(key))).toBeUndefined();
  expect(table.size).toBe(20_000);
  for (let key = 0; key < 20_000; key += 97) expect(table.get(digest(`${key}`))).toBe(BigInt(key));
  expect(table.get(digest("20000"))).toBeUndefined();
});

it("digest() is never what marks an empty slot", () => {
  expect(digest("")).not.toBe(0n);
});
