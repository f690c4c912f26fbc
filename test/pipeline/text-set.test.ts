import { expect, it } from "vitest";
import { TextSet } from "../../src/pipeline/text-set.js";
import { seededIndex, seededRandom } from "../support/random.js";

it("a TextSet does what a Set does", () => {
  const random = seededRandom(1);
  const set = new TextSet();
  const model = new Set<string>();
  for (let i = 0; i < 20_000; i++) {
    const text = `text ${seededIndex(random, 8000)}`;
    expect(set.has(text)).toBe(model.has(text));
    expect(set.add(text)).toBe(!model.has(text));
    model.add(text);
    expect(set.size).toBe(model.size);
  }
  for (let i = 0; i < 9000; i++) expect(set.has(`text ${i}`)).toBe(model.has(`text ${i}`));
});
