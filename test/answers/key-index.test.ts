import { describe, expect, it } from "vitest";
import { KeyIndex, type Place } from "../../src/checkpoints/answers/key-index.js";
import { seededIndex, seededRandom } from "../support/random.js";
import { keyOf } from "./samples.js";

describe("KeyIndex", () => {
  it("does what a Map of the rules does, over a hundred thousand changes", () => {
    const random = seededRandom(1);
    const keys = Array.from({ length: 20_000 }, (_, i) => keyOf(i));
    const index = new KeyIndex();
    const model = new Map<string, Place>();
    for (let change = 0; change < 100_000; change++) {
      const key = keys[seededIndex(random, keys.length)]!;
      const act = random();
      if (act < 0.9) {
        const place = {
          segment: seededIndex(random, 50),
          offset: seededIndex(random, 2 ** 32),
          byteLength: seededIndex(random, 64 << 20),
          failed: random() < 0.2,
        };
        const known = model.get(key);
        if (!known || (known.failed && !place.failed)) model.set(key, place);
        index.add(key, place);
      } else if (act < 0.9999) {
        const known = model.get(key);
        if (!known) continue;
        index.remove(key, { ...known, offset: known.offset + 1 });
        expect(index.find(key)).toEqual(known);
        index.remove(key, known);
        model.delete(key);
      } else {
        const gone = new Set([seededIndex(random, 50), seededIndex(random, 50)]);
        for (const [one, { segment }] of model) if (gone.has(segment)) model.delete(one);
        index.removeSegments(gone);
      }
      if (change % 50 === 0) expect(index.find(key)).toEqual(model.get(key));
    }
    expect(index.size).toBe(model.size);
    for (const key of keys) expect(index.find(key)).toEqual(model.get(key));
    expect(index.find(keyOf("another"))).toBeUndefined();
  });
});
