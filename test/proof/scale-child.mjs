// Summaries and vectors of a file of conversations, from models in this process. Arguments: the built library, the file, the directory.
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";

const [library, file, directory] = process.argv.slice(2);
const { conversationsFromFile, JSONLCheckpointManager, runPipeline } = await import(
  pathToFileURL(`${library}/index.js`).href
);
const DIMENSIONS = 64;
const digestOf = (text) => createHash("sha256").update(text).digest();

const model = {
  id: "test/teller",
  async generate({ prompt }) {
    const digest = digestOf(prompt);
    const summary = `The user asked for ${digest.toString("base64", 0, 18)}, and the assistant went through it step by step.`;
    const score = 1 + (digest[0] % 5);
    const text = JSON.stringify({
      summary,
      request: `Find ${digest.toString("hex", 0, 4)}`,
      topic: `topic ${digest[1]}`,
      languages: ["english"],
      task: "Find something",
      concerning_score: 1,
      user_frustration: score,
      assistant_errors: [],
    });
    return { text, usage: { inputTokens: 200, outputTokens: 60 }, finish: "stop" };
  },
};
const embeddingModel = {
  id: "test/measure",
  async embed(texts) {
    return { vectors: texts.map((text) => Float32Array.from(digestOf(text).toString("latin1").repeat(2), measure)) };
  },
};
const measure = (char, i) => char.charCodeAt(0) / 256 + (i % DIMENSIONS) / 1000;

const calls = {};
await runPipeline({
  conversations: conversationsFromFile(file),
  checkpointManager: new JSONLCheckpointManager(directory),
  model,
  embeddingModel,
  only: ["summaries", "embeddings"],
  onEvent(event) {
    if (event.type === "step-end" && event.calls) calls[event.step] = event.calls;
  },
});
process.stdout.write(JSON.stringify(calls));
