import { createHash } from "node:crypto";
import { normalize } from "../../math/matrix.js";
import { type SparseMatrix, truncatedSvd } from "../../math/svd.js";
import type { EmbeddingModel, FittedEmbedding } from "../model.js";
import { wordsOf } from "./words.js";

/*
 * Latent semantic analysis (Deerwester and others 1990): words and word pairs, weighted by how rare they are, projected onto the
 * directions in which this corpus varies most. No network, no weights; on one corpus of multi-turn text it is as good for clustering as
 * sentence encoders, on short paraphrases of wide domains it is not.
 */

const VERSION = 1;
const ID = `offline/lsa-${VERSION}`;
/** Terms beyond this many are dropped, rarest first: memory is terms x dimensions. */
const MOST_TERMS = 60_000;
/** A term in more than this share of the texts tells none apart. */
const MOST_COMMON = 0.4;

export interface LsaOptions {
  seed?: number;
  /** Default: a tenth of the texts, at least 16, at most 96. */
  dimensions?: number;
  signal?: AbortSignal | undefined;
}

/** An embedding model that is made from the corpus it is to embed. */
export function lsaModel({ seed = 42, dimensions, signal }: LsaOptions = {}): EmbeddingModel & Required<Pick<EmbeddingModel, "fit">> {
  return {
    id: dimensions === undefined ? `${ID} seed ${seed}` : `${ID} seed ${seed} dimensions ${dimensions}`,
    async fit(texts) {
      const documents: Map<string, number>[] = [];
      for await (const text of texts) documents.push(termsOf(text));
      return await fitLsa(documents, { seed, signal, ...(dimensions !== undefined && { dimensions }) });
    },
    async embed() {
      throw new TypeError("Cannot embed with an LSA model that was not fitted: call fit first");
    },
  };
}

interface State {
  readonly terms: readonly string[];
  readonly weights: Float32Array;
  /** terms x dimensions. */
  readonly projection: Float32Array;
  readonly dimensions: number;
}

async function fitLsa(documents: readonly Map<string, number>[], options: LsaOptions & { seed: number }): Promise<FittedEmbedding> {
  const frequencies = new Map<string, number>();
  for (const document of documents) for (const term of document.keys()) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
  const n = documents.length;
  const fewest = n >= 20 ? 2 : 1;
  const most = n >= 20 ? n * MOST_COMMON : n;
  const terms = [...frequencies]
    .filter(([, count]) => count >= fewest && count <= most)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, MOST_TERMS)
    .map(([term]) => term);
  const weights = Float32Array.from(terms, (term) => Math.log((1 + n) / (1 + frequencies.get(term)!)) + 1);
  const index = new Map(terms.map((term, at) => [term, at]));
  const matrix = sparse(documents.map((document) => weigh(document, index, weights)), terms.length);
  const wanted = options.dimensions ?? Math.max(16, Math.min(96, Math.ceil(n / 10)));
  const { projection } = await truncatedSvd(matrix, wanted, { seed: options.seed, signal: options.signal });
  return fromState(encodeState({ terms, weights, projection: projection.data, dimensions: projection.columns }));
}

/** @throws {RangeError} If the bytes are not a state of this version. */
export function lsaFromState(state: Uint8Array): FittedEmbedding {
  return fromState(state);
}

function fromState(bytes: Uint8Array): FittedEmbedding {
  const state = decodeState(bytes);
  const index = new Map(state.terms.map((term, at) => [term, at]));
  return {
    id: `${ID}@${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`,
    state: bytes,
    async embed(texts) {
      return { vectors: texts.map((text) => project(weigh(termsOf(text), index, state.weights), state)) };
    },
  };
}

function project(terms: readonly (readonly [number, number])[], { projection, dimensions }: State): Float32Array {
  const sums = new Float64Array(dimensions);
  for (const [term, value] of terms) {
    for (let at = 0; at < dimensions; at++) sums[at]! += value * projection[term * dimensions + at]!;
  }
  const vector = Float32Array.from(sums);
  normalize(vector);
  return vector;
}

/** Words and pairs of neighbours among the words that say something, with how often. */
function termsOf(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1);
  let before: string | undefined;
  for (const { stem, isStop } of wordsOf(text)) {
    if (isStop) continue;
    add(stem);
    if (before !== undefined) add(`${before} ${stem}`);
    before = stem;
  }
  return counts;
}

/** tf-idf with a logarithmic count, of length 1. */
function weigh(document: ReadonlyMap<string, number>, index: ReadonlyMap<string, number>, weights: Float32Array): [number, number][] {
  const known: [number, number][] = [];
  let length = 0;
  for (const [term, count] of document) {
    const at = index.get(term);
    if (at === undefined) continue;
    const value = (1 + Math.log(count)) * weights[at]!;
    length += value * value;
    known.push([at, value]);
  }
  const scale = length > 0 ? 1 / Math.sqrt(length) : 0;
  return known.map(([at, value]) => [at, value * scale]);
}

function sparse(rows: readonly (readonly (readonly [number, number])[])[], columns: number): SparseMatrix {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((row, at) => {
    offsets[at + 1] = offsets[at]! + row.length;
  });
  const indices = new Int32Array(offsets[rows.length]!);
  const values = new Float32Array(offsets[rows.length]!);
  rows.flat().forEach(([column, value], at) => {
    indices[at] = column;
    values[at] = value;
  });
  return { rows: rows.length, columns, offsets, indices, values };
}

/** A line of JSON with the terms, then the weights and the projection as little-endian float32. */
function encodeState({ terms, weights, projection, dimensions }: State): Uint8Array {
  const head = Buffer.from(`${JSON.stringify({ version: VERSION, dimensions, terms })}\n`);
  return Buffer.concat([head, bytesOf(weights), bytesOf(projection)]);
}

function decodeState(bytes: Uint8Array): State {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.indexOf(10);
  const { version, dimensions, terms } = JSON.parse(buffer.toString("utf8", 0, end)) as { version: number; dimensions: number; terms: string[] };
  if (version !== VERSION) throw new RangeError(`Cannot use a stored LSA model of version ${version}: this is version ${VERSION}; run the embedding step again`);
  const floats = new Float32Array(new Uint8Array(buffer.subarray(end + 1)).buffer);
  if (floats.length !== terms.length * (1 + dimensions)) throw new RangeError("Cannot use a stored LSA model: it is cut off; run the embedding step again");
  return { terms, dimensions, weights: floats.slice(0, terms.length), projection: floats.slice(terms.length) };
}

function bytesOf(floats: Float32Array): Buffer {
  return Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength);
}
