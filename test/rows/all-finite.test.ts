import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import { SEED } from "../crash/scale.js";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** Around the four that are looked at together, and around what the memory holds at once. */
const lengths = fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: 16_370, max: 16_390 }), fc.constant(50_000));
const vectors = lengths.chain((length) =>
  fc.record({
    length: fc.constant(length),
    places: fc.array(fc.nat({ max: Math.max(0, length - 1) }), { maxLength: 2 }),
    value: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4028234663852886e38, -0),
  }),
);

for (const wasm of ["with", "without"]) {
  it(`every float that is not finite is seen, and no other one, ${wasm} WebAssembly`, async () => {
    if (wasm === "without") vi.stubGlobal("WebAssembly", undefined);
    vi.resetModules();
    const { allFinite } = await import("../../src/rows/all-finite.js");
    fc.assert(
      fc.property(vectors, ({ length, places, value }) => {
        const vector = Float32Array.from({ length }, (_, index) => index / 7);
        for (const place of places) if (place < length) vector[place] = value;
        // It begins anywhere in its memory.
        const shifted = new Float32Array(length + 1).subarray(1);
        shifted.set(vector);
        expect(allFinite(shifted)).toBe(vector.every(Number.isFinite));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
}
