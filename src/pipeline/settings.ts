import type { EmbeddingModel } from "../models/model.js";
import { assertPositiveInteger } from "./numbers.js";

/** What decides the rows of a run, besides its input. */
export interface Settings {
  /** Identities of the models that are asked. */
  readonly models: { readonly summary: string; readonly embedding: string; readonly names: string };
  readonly itemsPerCluster: number;
  readonly maxClusters: number;
  readonly seed: number;
}

export interface SettingOptions {
  /** Makes vectors. Default: LSA, fitted to the corpus; no network. */
  embeddingModel?: EmbeddingModel | undefined;
  /** About how many conversations a base cluster should have; 10. */
  itemsPerCluster?: number | undefined;
  /** At most this many roots; always reached; 10. */
  maxClusters?: number | undefined;
  /** 42. The same seed and input give the same clusters. */
  seed?: number | undefined;
}

/**
 * With all defaults filled in.
 *
 * @throws {RangeError} For a number that is none.
 */
export async function settingsOf({
  embeddingModel,
  itemsPerCluster = 10,
  maxClusters = 10,
  seed = 42,
}: SettingOptions): Promise<Settings> {
  assertPositiveInteger("itemsPerCluster", itemsPerCluster);
  assertPositiveInteger("maxClusters", maxClusters);
  const [{ SUMMARISER_ID }, { NAMER_ID }] = await Promise.all([
    import("../models/offline/summarise.js"),
    import("../models/offline/names.js"),
  ]);
  const { id: embedding } = embeddingModel ?? (await defaultEmbeddingModel());
  return { models: { summary: SUMMARISER_ID, embedding, names: NAMER_ID }, itemsPerCluster, maxClusters, seed };
}

export async function defaultEmbeddingModel(signal?: AbortSignal): Promise<EmbeddingModel> {
  const { lsaModel } = await import("../models/offline/lsa.js");
  return lsaModel({ signal });
}
