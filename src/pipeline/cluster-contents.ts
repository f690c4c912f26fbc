import { normalize } from "../math/matrix.js";
import { lsaModel } from "../models/offline/lsa.js";
import type { Cluster, ConversationSummary, Embedding } from "../rows/builtin.js";
import type { ClusterContent } from "../steps/reduce-step.js";
import { renderCluster, renderForNaming } from "../steps/rendering.js";

export interface ContentSources {
  summaries?: readonly ConversationSummary[] | undefined;
  embeddings?: readonly Embedding[] | undefined;
}

/**
 * Where each cluster lies and what it is about: the mean of its conversations' vectors and their summaries where those are given, else
 * its own name and description.
 */
export async function clusterContents(
  clusters: readonly Cluster[],
  { summaries, embeddings }: ContentSources,
): Promise<Map<string, ClusterContent>> {
  const summaryOf = new Map(summaries?.map((summary) => [summary.chat_id, renderForNaming(summary)]));
  const vectorOf = new Map(embeddings?.map(({ chat_id, embedding }) => [chat_id, embedding]));
  const own = clusters.every(({ chat_ids }) => chat_ids.some((id) => vectorOf.has(id)))
    ? undefined
    : await vectorsOfTexts(clusters.map(renderCluster));
  return new Map(
    clusters.map((cluster, index) => {
      // Sums and names come out the same in whatever order the conversations are given.
      const ids = [...cluster.chat_ids].sort();
      const members = ids.flatMap((id) => summaryOf.get(id) ?? []);
      return [
        cluster.id,
        {
          vector: own?.[index] ?? meanOf(ids, vectorOf),
          members: members.length > 0 ? members : [renderCluster(cluster)],
        },
      ];
    }),
  );
}

async function vectorsOfTexts(texts: readonly string[]): Promise<Float32Array[]> {
  async function* all() {
    yield* texts;
  }
  const model = await lsaModel().fit(all());
  return (await model.embed(texts)).vectors;
}

function meanOf(ids: readonly string[], vectors: ReadonlyMap<string, Float32Array>): Float32Array {
  const known = ids.flatMap((id) => vectors.get(id) ?? []);
  const mean = new Float32Array(known[0]!.length);
  for (const vector of known) for (let index = 0; index < mean.length; index++) mean[index]! += vector[index]!;
  normalize(mean);
  return mean;
}
