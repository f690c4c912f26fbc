/*
 * How well the offline pipeline finds what people talk about: adjusted mutual information of the base clusters with a known truth,
 * beside a plain bag of words. Prints the names, to be read aloud.
 * node bench/quality.mjs --conversations f.jsonl --truth field-of-metadata [--names]
 * node bench/quality.mjs --conversations f.jsonl --truth-file queries.json [--summaries s.jsonl] [--names]
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { adjustedMutualInformation } from "../build/math/ami.js";
import { kMeans } from "../build/math/k-means.js";
import { matrixFromRows, normalize } from "../build/math/matrix.js";
import { lsaModel } from "../build/models/offline/lsa.js";
import { clusterContents } from "../build/pipeline/cluster-contents.js";
import { clusterCount, clusterStep } from "../build/steps/cluster-step.js";
import { embedStep } from "../build/steps/embed-step.js";
import { reduceStep } from "../build/steps/reduce-step.js";
import { renderConversation, renderSummary } from "../build/steps/rendering.js";
import { summariseStep } from "../build/steps/summarise-step.js";
import { treeOf, walk } from "../build/steps/tree.js";

const { values: args } = parseArgs({
  options: {
    conversations: { type: "string" },
    summaries: { type: "string" },
    partition: { type: "string" },
    truth: { type: "string" },
    "truth-file": { type: "string" },
    "items-per-cluster": { type: "string", default: "10" },
    names: { type: "boolean", default: false },
  },
});
const SEEDS = [1, 2, 3, 4, 5];
const itemsPerCluster = Number(args["items-per-cluster"]);
const jsonl = (path) =>
  readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

const conversations = jsonl(args.conversations);
const truth = args.truth
  ? new Map(conversations.map((row) => [row.chat_id, row.metadata[args.truth]]))
  : documentsWithFourQueries(JSON.parse(readFileSync(args["truth-file"], "utf8")));

/** Of the tutorial's documents only those with four questions or more say what belongs together. */
function documentsWithFourQueries(queries) {
  const documents = new Map();
  for (const { query_id, matching_document_document_id: document } of queries) {
    documents.set(document, [...(documents.get(document) ?? []), query_id]);
  }
  return new Map(
    [...documents].filter(([, ids]) => ids.length >= 4).flatMap(([document, ids]) => ids.map((id) => [id, document])),
  );
}

function score(labelOf) {
  const scored = [...truth.keys()].filter((id) => labelOf.has(id));
  return adjustedMutualInformation(
    scored.map((id) => truth.get(id)),
    scored.map((id) => labelOf.get(id)),
  );
}

/** As `kura run` does it: the model learns from whole conversations; without `corpus` from the summaries alone. */
async function ours(summaries, seed, corpus = conversations.map(renderConversation)) {
  const texts = async function* () {
    yield* corpus ?? summaries.map(renderSummary);
  };
  const embeddings = [];
  for await (const row of embedStep([summaries], await lsaModel().fit(texts()))) embeddings.push(row);
  const clusters = await clusterStep(summaries, embeddings, { itemsPerCluster, seed });
  return {
    clusters,
    embeddings,
    ami: score(new Map(clusters.flatMap(({ id, chat_ids }) => chat_ids.map((chat) => [chat, id])))),
  };
}

/** Words, tf-idf, k-means with as many starts: nothing learned, nothing cleaned. */
async function bagOfWords(texts, ids, seed) {
  const documents = texts.map((text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  const frequency = new Map();
  for (const words of documents) for (const word of new Set(words)) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const terms = [...frequency]
    .filter(([, count]) => count >= 2)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 4000);
  const at = new Map(terms.map(([word], index) => [word, index]));
  const vectors = documents.map((words) => {
    const vector = new Float32Array(terms.length);
    for (const word of words)
      if (at.has(word)) vector[at.get(word)] += Math.log((1 + documents.length) / (1 + frequency.get(word))) + 1;
    normalize(vector);
    return vector;
  });
  const { labels } = await kMeans(matrixFromRows(vectors), clusterCount(ids.length, itemsPerCluster), {
    seed,
    restarts: 5,
  });
  return score(new Map(ids.map((id, index) => [id, labels[index]])));
}

const show = (values) =>
  `${(values.reduce((a, b) => a + b) / values.length).toFixed(3)} (${Math.min(...values).toFixed(3)}-${Math.max(...values).toFixed(3)})`;
const over = async (run) => {
  const values = [];
  for (const seed of SEEDS) values.push(await run(seed));
  return show(values);
};

const own = await summariseStep(conversations, {});
const ids = conversations.map(({ chat_id }) => chat_id);
console.log(
  `${conversations.length} conversations, ${truth.size} scored, ${new Set(truth.values()).size} groups; AMI mean (range) over ${SEEDS.length} seeds`,
);
console.log(
  `bag of words of the conversations: ${await over((seed) =>
    bagOfWords(
      conversations.map(({ messages }) => messages.map(({ content }) => content).join("\n")),
      ids,
      seed,
    ),
  )}`,
);
console.log(`ours, from our own summaries:      ${await over(async (seed) => (await ours(own, seed)).ami)}`);
if (args.summaries) {
  const given = jsonl(args.summaries);
  console.log(
    `bag of words of given summaries:   ${await over((seed) =>
      bagOfWords(
        given.map(({ summary, request }) => `${summary} ${request ?? ""}`),
        given.map(({ chat_id }) => chat_id),
        seed,
      ),
    )}`,
  );
  console.log(`ours, from the given summaries:    ${await over(async (seed) => (await ours(given, seed)).ami)}`);
  console.log(`ours, knowing nothing but these:   ${await over(async (seed) => (await ours(given, seed, null)).ami)}`);
}
if (args.partition) {
  const clusters = jsonl(args.partition);
  console.log(
    `the given partition:               ${score(new Map(clusters.flatMap(({ id, chat_ids }) => chat_ids.map((chat) => [chat, id])))).toFixed(3)}`,
  );
}
if (args.names) {
  const { clusters, embeddings } = await ours(own, 42);
  const meta = await reduceStep(clusters, await clusterContents(clusters, { summaries: own, embeddings }), {
    maxClusters: 10,
    seed: 42,
  });
  for (const { cluster, level, count } of walk(treeOf(meta)))
    console.log(`${"  ".repeat(level)}${count}  ${cluster.name}`);
}
