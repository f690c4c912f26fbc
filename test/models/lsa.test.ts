import { describe, expect, it } from "vitest";
import { dot } from "../../src/math/matrix.js";
import { lsaFromState, lsaModel } from "../../src/models/offline/lsa.js";
import { decodeLsaState, encodeLsaState } from "../../src/models/offline/lsa-state.js";

const TEXTS = [
  ...Array.from({ length: 12 }, (_, at) => `cancel my subscription and refund invoice ${at}`),
  ...Array.from({ length: 12 }, (_, at) => `bake sourdough bread with rye flour ${at}`),
];

async function* stream(texts: readonly string[]) {
  yield* texts;
}

const fitted = async (texts: readonly string[] = TEXTS, seed = 42) => await lsaModel({ seed }).fit(stream(texts));

describe("an LSA model", () => {
  it("puts texts of one subject together, also those that share no word", async () => {
    const model = await fitted();
    const { vectors } = await model.embed(["cancel subscription", "refund invoice", "sourdough", "rye flour"]);
    const [cancel, refund, sourdough, rye] = vectors as [Float32Array, Float32Array, Float32Array, Float32Array];
    expect(dot(cancel, refund)).toBeGreaterThan(0.5);
    expect(dot(sourdough, rye)).toBeGreaterThan(0.5);
    expect(Math.abs(dot(cancel, sourdough))).toBeLessThan(0.1);
  });

  it("gives vectors of length 1, and zeros for a text without a known word", async () => {
    const { vectors } = await (await fitted()).embed(["bread", "", "xyzzy", "the of and", "😀"]);
    expect(vectors.map((vector) => Math.round(Math.hypot(...vector) * 1e5) / 1e5)).toEqual([1, 0, 0, 0, 0]);
  });

  it("is its state: read back it has the same name and the same vectors, to the bit", async () => {
    const model = await fitted();
    const again = lsaFromState(model.state!.slice());
    expect(again.id).toBe(model.id);
    expect((await again.embed(TEXTS)).vectors).toEqual((await model.embed(TEXTS)).vectors);
  });

  it("keeps its state exactly", () => {
    const state = {
      terms: ["ein", "Zwei 😀", '"'],
      weights: Float32Array.of(1, 2.5, 1e-30),
      projection: Float32Array.of(-1, 0, 3, 1 / 3, 5, 6),
      dimensions: 2,
    };
    expect(decodeLsaState(encodeLsaState(state))).toEqual(state);
  });

  it("is the same for the same texts and seed, another for another", async () => {
    expect((await fitted()).id).toBe((await fitted()).id);
    expect((await fitted(TEXTS.slice(1))).id).not.toBe((await fitted()).id);
  });

  it("can be fitted to nothing, to one text and to texts without words", async () => {
    for (const texts of [[], ["hello"], ["", ""], ["bread"]]) {
      const { vectors } = await (await fitted(texts)).embed(["bread", ""]);
      for (const vector of vectors) for (const value of vector) expect(Number.isFinite(value)).toBe(true);
    }
  });

  it("refuses to embed before it is fitted, and bytes that are no state", async () => {
    await expect(lsaModel().embed(["a"], {})).rejects.toThrow("was not fitted");
    const { state } = await fitted();
    const other = Buffer.from(Buffer.from(state!).toString("latin1").replace('"version":1', '"version":9'), "latin1");
    expect(() => lsaFromState(other)).toThrow("version 9");
    expect(() => lsaFromState(state!.subarray(0, -3))).toThrow("run the embedding step again");
    expect(() => lsaFromState(new Uint8Array(0))).toThrow("does not begin as one");
    expect(() => lsaFromState(Buffer.from("[]\n"))).toThrow("does not begin as one");
  });

  it("stops when aborted", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(lsaModel({ signal }).fit(stream(TEXTS))).rejects.toThrow("enough");
  });
});
