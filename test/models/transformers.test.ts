import { afterEach, describe, expect, it, vi } from "vitest";
import { localEmbeddingModel } from "../../src/models/transformers.js";

/*
 * The package has 470 MB: what stands for it here has its shape and no model. interop/encoder.mjs runs the real one, on a model that is made
 * for it.
 */
const pipeline = vi.hoisted(() => vi.fn());
vi.mock("@huggingface/transformers", () => ({ pipeline }));

afterEach(() => {
  pipeline.mockReset();
});

/** Vectors of two numbers: the length of the text, and how many calls were running. */
function stand(): { most: number } {
  const seen = { most: 0, running: 0 };
  pipeline.mockImplementation(async () => async (texts: string[]) => {
    seen.most = Math.max(seen.most, ++seen.running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    seen.running--;
    return { dims: [texts.length, 2], data: Float32Array.from(texts.flatMap(({ length }) => [length, 1])) };
  });
  return seen;
}

describe("a sentence encoder on this machine", () => {
  it("is loaded once, when it is first used, from files alone", async () => {
    stand();
    const model = localEmbeddingModel("./models/minilm", { cacheDirectory: "./cache", dtype: "q8" });
    expect(model).toMatchObject({ id: "transformers/./models/minilm?dtype=q8", textsPerCall: 128 });
    expect(pipeline).not.toHaveBeenCalled();
    await model.embed(["a"]);
    await model.embed(["b"]);
    const options = { dtype: "q8", local_files_only: true, cache_dir: "./cache" };
    expect(pipeline.mock.calls).toEqual([["feature-extraction", "./models/minilm", options]]);
  });

  it("fetches nothing unless told", async () => {
    stand();
    await localEmbeddingModel("m", { download: true }).ready!();
    expect(pipeline.mock.calls[0]![2]).toEqual({ dtype: "fp32", local_files_only: false });
  });

  it("gives a vector per text, in their order", async () => {
    stand();
    const { vectors } = await localEmbeddingModel("m").embed(["a", "bbb", "cc"]);
    expect(vectors).toEqual([Float32Array.of(1, 1), Float32Array.of(3, 1), Float32Array.of(2, 1)]);
  });

  it("makes one call after the other, and goes on after one that failed", async () => {
    const seen = stand();
    const model = localEmbeddingModel("m");
    const stop = AbortSignal.abort("enough");
    const calls = [model.embed(["a"]), model.embed(["b"], { signal: stop }), model.embed(["cc"])];
    const results = await Promise.allSettled(calls);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(seen.most).toBe(1);
  });

  it("that is not there is an error that says what to do", async () => {
    pipeline.mockRejectedValue(new Error("file was not found locally"));
    await expect(localEmbeddingModel("m").embed(["a"])).rejects.toMatchObject({
      kind: "fatal",
      reason: "not loadable",
      message: 'Cannot load model "m": file was not found locally; give the directory it is in, or download: true',
    });
  });
});
