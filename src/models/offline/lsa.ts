import { createHash } from "node:crypto";
import { normalize } from "../../math/matrix.js";
import type { EmbeddingModel, FittedEmbedding } from "../model.js";
import { fitLsa } from "./lsa-fit.js";
import { decodeLsaState, LSA_VERSION, type LsaState } from "./lsa-state.js";
import { termsOf, weighed } from "./lsa-terms.js";

/*
 * Latent semantic analysis (Deerwester and others 1990): words and word pairs, weighted by how rare they are, projected onto the
 * directions in which this corpus varies most. No network, no weights; on one corpus of multi-turn text it is as good for clustering as
 * sentence encoders, on short paraphrases of wide domains it is not.
 */

const ID = `offline/lsa-${LSA_VERSION}`;

export interface LsaOptions {
  seed?: number;
  /** Default: a tenth of the texts, at least 16, at most 96. */
  dimensions?: number;
  signal?: AbortSignal | undefined;
}

/** An embedding model that is made from a corpus. Vectors have length 1; a text without a word of the corpus is all zeros. */
export function lsaModel({
  seed = 42,
  dimensions,
  signal,
}: LsaOptions = {}): EmbeddingModel & Required<Pick<EmbeddingModel, "fit">> {
  return {
    id: dimensions === undefined ? `${ID} seed ${seed}` : `${ID} seed ${seed} dimensions ${dimensions}`,
    async fit(texts) {
      return lsaFromState(await fitLsa(texts, { seed, dimensions, signal }));
    },
    restore: lsaFromState,
    async embed() {
      throw new TypeError("Cannot embed with an LSA model that was not fitted: call fit first");
    },
  };
}

/**
 * The fitted model whose state these bytes are: its vectors are the same to the bit.
 *
 * @throws {RangeError} If the bytes are not a state of this version.
 */
export function lsaFromState(bytes: Uint8Array): FittedEmbedding {
  const state = decodeLsaState(bytes);
  const index = new Map(state.terms.map((term, at) => [term, at]));
  return {
    id: `${ID}@${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`,
    state: bytes,
    async embed(texts) {
      return { vectors: texts.map((text) => project(text, index, state)) };
    },
  };
}

function project(
  text: string,
  index: ReadonlyMap<string, number>,
  { weights, projection, dimensions }: LsaState,
): Float32Array {
  const known: [number, number][] = [];
  for (const [term, count] of termsOf(text)) {
    const at = index.get(term);
    if (at !== undefined) known.push([at, count]);
  }
  const sums = new Float64Array(dimensions);
  for (const [term, value] of weighed(known, weights)) {
    for (let at = 0; at < dimensions; at++) sums[at]! += value * projection[term * dimensions + at]!;
  }
  const vector = Float32Array.from(sums);
  normalize(vector);
  return vector;
}
