import { expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import type { EmbeddingModel, TextModel } from "../../src/models/model.js";
import { resumableMap } from "../../src/pipeline/resumable-map.js";
import { runPipeline } from "../../src/pipeline/run.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import { conversation } from "../steps/make.js";

// There may be millions of answers, and even their index is much to read. How much CPU and memory that saves: see scale.test.ts.

class WatchedStorage extends MemoryStorage {
  readonly lookedAt: string[] = [];

  override open(path: string) {
    this.lookedAt.push(path);
    return super.open(path);
  }

  override list(directory: string) {
    this.lookedAt.push(directory);
    return super.list(directory);
  }

  answersLookedAt(): string[] {
    return this.lookedAt.splice(0).filter((path) => path.startsWith(".kura/answers"));
  }
}

const model: TextModel = {
  id: "test/teller",
  async generate({ prompt }) {
    const said = { summary: `about ${prompt.length}`, request: "", topic: "", languages: [], task: "" };
    const scores = { concerning_score: 1, user_frustration: 1, assistant_errors: [] };
    return { text: JSON.stringify({ ...said, ...scores }), finish: "stop" };
  },
};
const embeddingModel: EmbeddingModel = {
  id: "test/measure",
  embed: async (texts) => ({ vectors: texts.map(({ length }) => Float32Array.of(1, length)) }),
};

it("runPipeline() looks at no answers where there is nothing to make", async () => {
  const storage = new WatchedStorage();
  const conversations = Array.from({ length: 30 }, (_, n) => conversation(`c${n}`, "hello ".repeat(n + 1)));
  const run = () =>
    runPipeline({
      conversations,
      model,
      embeddingModel,
      only: ["summaries", "embeddings"],
      checkpointManager: new JSONLCheckpointManager(storage),
    });
  await run();
  expect(storage.answersLookedAt()).not.toEqual([]);
  await run();
  expect(storage.answersLookedAt()).toEqual([]);
});

it("resumableMap() looks at no answers where there is nothing to make", async () => {
  const storage = new WatchedStorage();
  const run = () =>
    resumableMap({
      name: "doubles",
      inputs: Array.from({ length: 30 }, (_, n) => n),
      key: String,
      fn: async (n) => ({ n, double: 2 * n }),
      checkpointManager: new JSONLCheckpointManager(storage),
    });
  expect((await run()).tally).toMatchObject({ paid: 30 });
  expect(storage.answersLookedAt()).not.toEqual([]);
  expect((await run()).tally).toMatchObject({ paid: 0, reused: 0 });
  expect(storage.answersLookedAt()).toEqual([]);
});
