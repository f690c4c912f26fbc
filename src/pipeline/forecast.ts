import type { Budget } from "./budget.js";
import { type Estimate, priced, type Questions, usualNames, usualReducing, usualTexts } from "./estimate.js";
import type { Settings } from "./settings.js";
import type { StepName } from "./step.js";

/** About what the steps below one will ask, by what is usual: their questions are not known before its rows are. */
export async function forecastBelow(
  { step, of }: Estimate,
  { steps, embeddingModel, itemsPerCluster, maxClusters }: Settings,
  { budget, only }: { budget?: Budget | undefined; only?: readonly StepName[] | undefined },
): Promise<Estimate[]> {
  const { clusterCount } = await import("../steps/cluster-step.js");
  const clusters = step === "clusters" ? of : clusterCount(of, itemsPerCluster);
  const { model: namer, ...shown } = steps.clusters;
  const vectors = embeddingModel.fit ? undefined : embeddingModel;
  const all: readonly [step: StepName, model: { id: string } | undefined, questions: Questions][] = [
    ["embeddings", vectors, usualTexts(of)],
    ["clusters", namer, usualNames(clusters, of / clusters, shown)],
    ["meta_clusters", steps.meta_clusters.model, usualReducing(clusters, maxClusters)],
  ];
  // Of what is above all, nothing is found: everything is below it.
  const below = all.slice(all.findIndex(([name]) => name === step) + 1);
  return below.flatMap(([name, model, questions]) =>
    model && questions.calls > 0 && (only?.includes(name) ?? true) ? [priced(name, model.id, questions, budget)] : [],
  );
}
