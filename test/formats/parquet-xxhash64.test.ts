import fc from "fast-check";
import { expect, it } from "vitest";
import { xxhash64, xxhash64OfEach } from "../../src/formats/parquet/xxhash64.js";
import { SEED } from "../crash/scale.js";

it("xxhash64() gives what the reference implementation gives", () => {
  expect(xxhash64(Buffer.from(""))).toBe(0xef46db3751d8e999n);
  expect(xxhash64(Buffer.from("a"))).toBe(0xd24ec4f1a98c6e5bn);
  expect(xxhash64(Buffer.from("abc"))).toBe(0x44bc2cf5ad770999n);
  expect(xxhash64(Buffer.from("0123456789abcdef0123456789abcdef0123456789"))).toBe(0xa76190c3acf08a1cn);
});

it("xxhash64() gives what the specification gives, by BigInt, for any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(xxhash64(bytes)).toBe(bySpecification(bytes));
    }),
    { seed: SEED, numRuns: 500 },
  );
});

it("xxhash64OfEach() gives the same for texts one after another, and for values of one width, more of them than memory had room for", () => {
  const words = (hashes: Int32Array) => new BigUint64Array(hashes.slice().buffer);
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 }), (values) => {
      const plain = values.flatMap((bytes) => [Buffer.from(Uint32Array.of(bytes.length).buffer), bytes]);
      expect([...words(xxhash64OfEach(Buffer.concat(plain), undefined))]).toEqual(values.map(bySpecification));
    }),
    { seed: SEED, numRuns: 100 },
  );
  const numbers = Uint32Array.from({ length: 50_000 }, (_, index) => index * 7919);
  const hashes = words(xxhash64OfEach(new Uint8Array(numbers.buffer), 4));
  expect(hashes).toHaveLength(numbers.length);
  for (const index of [0, 1, 49_999])
    expect(hashes[index]).toBe(bySpecification(new Uint8Array(numbers.slice(index, index + 1).buffer)));
});

const P = [0n, 0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n];
const wrap = (value: bigint) => BigInt.asUintN(64, value);
const rotate = (value: bigint, bits: bigint) => wrap(value << bits) | (wrap(value) >> (64n - bits));
const round = (acc: bigint, input: bigint) => wrap(rotate(wrap(acc + input * P[2]!), 31n) * P[1]!);

function bySpecification(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let acc = P[5]!;
  if (bytes.length >= 32) {
    const lanes = [wrap(P[1]! + P[2]!), P[2]!, 0n, wrap(-P[1]!)];
    for (; at + 32 <= bytes.length; at += 32)
      for (let lane = 0; lane < 4; lane++) lanes[lane] = round(lanes[lane]!, view.getBigUint64(at + lane * 8, true));
    acc = wrap([1n, 7n, 12n, 18n].reduce((sum, bits, lane) => sum + rotate(lanes[lane]!, bits), 0n));
    for (const lane of lanes) acc = wrap((acc ^ round(0n, lane)) * P[1]! + P[4]!);
  }
  acc = wrap(acc + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8)
    acc = wrap(rotate(acc ^ round(0n, view.getBigUint64(at, true)), 27n) * P[1]! + P[4]!);
  if (at + 4 <= bytes.length) {
    acc = wrap(rotate(acc ^ wrap(BigInt(view.getUint32(at, true)) * P[1]!), 23n) * P[2]! + P[3]!);
    at += 4;
  }
  for (; at < bytes.length; at++) acc = wrap(rotate(acc ^ wrap(BigInt(bytes[at]!) * P[5]!), 11n) * P[1]!);
  acc = wrap((acc ^ (acc >> 33n)) * P[2]!);
  acc = wrap((acc ^ (acc >> 29n)) * P[3]!);
  return acc ^ (acc >> 32n);
}
