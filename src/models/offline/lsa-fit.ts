import { breather } from "../../math/breathe.js";
import { type SparseMatrix, truncatedSvd } from "../../math/svd.js";
import { encodeLsaState } from "./lsa-state.js";
import { termsOf, weighed } from "./lsa-terms.js";

/** Of more texts every second, fourth and so on is fitted to: words that belong together do so in twenty thousand texts. */
const MOST_TEXTS = 20_000;
/** Terms beyond this many are dropped, rarest first: the state is terms x dimensions. */
const MOST_TERMS = 40_000;
/** While counting; beyond it terms that one text has are forgotten. */
const MOST_COUNTED = 1_500_000;
/** A term in more than this share of the texts tells none apart. */
const MOST_COMMON = 0.7;
/** Fewer texts than this are all there is to learn from: terms of one text count, too. */
const FEW_TEXTS = 20;

/** A text as the numbers of its terms and how often each occurs. */
interface CountedText {
  readonly terms: Int32Array;
  readonly counts: Uint16Array;
}

/** Learn from texts which terms belong together. @returns The state of the model. */
export async function fitLsa(
  texts: AsyncIterable<string>,
  { seed, dimensions, signal }: { seed: number; dimensions?: number | undefined; signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  const { counted, frequencies } = await countTexts(texts, signal);
  const n = counted.length;
  const [fewest, most] = n >= FEW_TEXTS ? [2, n * MOST_COMMON] : [1, n];
  const chosen = [...frequencies]
    .filter(([, { texts }]) => texts >= fewest && texts <= most)
    .sort(([a, x], [b, y]) => y.texts - x.texts || (a < b ? -1 : 1))
    .slice(0, MOST_TERMS);
  const weights = Float32Array.from(chosen, ([, { texts }]) => Math.log((1 + n) / (1 + texts)) + 1);
  const columnOf = new Map(chosen.map(([, { number }], column) => [number, column]));
  const wanted = dimensions ?? Math.max(16, Math.min(96, Math.ceil(n / 10)));
  const { projection } = await truncatedSvd(matrixOf(counted, columnOf, weights), wanted, { seed, signal });
  const terms = chosen.map(([term]) => term);
  // A corpus without words has one direction, in which nothing lies, so that every text has a vector.
  return encodeLsaState({ terms, weights, projection: projection.data, dimensions: Math.max(1, projection.columns) });
}

interface Counted {
  readonly counted: readonly CountedText[];
  readonly frequencies: ReadonlyMap<string, { readonly number: number; readonly texts: number }>;
}

async function countTexts(texts: AsyncIterable<string>, signal: AbortSignal | undefined): Promise<Counted> {
  const breathe = breather(signal);
  let counted: CountedText[] = [];
  const frequencies = new Map<string, { number: number; texts: number }>();
  let nextNumber = 0;
  let stride = 1;
  let position = 0;
  for await (const text of texts) {
    await breathe();
    if (position++ % stride !== 0) continue;
    if (counted.length >= MOST_TEXTS) {
      counted = counted.filter((_, at) => at % 2 === 0);
      stride *= 2;
    }
    const terms = termsOf(text);
    const numbers = new Int32Array(terms.size);
    const counts = new Uint16Array(terms.size);
    let at = 0;
    for (const [term, count] of terms) {
      let entry = frequencies.get(term);
      if (!entry) {
        entry = { number: nextNumber++, texts: 0 };
        frequencies.set(term, entry);
      }
      entry.texts++;
      numbers[at] = entry.number;
      counts[at++] = Math.min(count, 65_535);
    }
    counted.push({ terms: numbers, counts });
    if (frequencies.size > MOST_COUNTED)
      for (const [term, entry] of frequencies) if (entry.texts === 1) frequencies.delete(term);
  }
  return { counted, frequencies: stride === 1 ? frequencies : recounted(counted, frequencies) };
}

/** How many of the texts that were kept have each term. */
function recounted(counted: readonly CountedText[], frequencies: Counted["frequencies"]): Counted["frequencies"] {
  const seen = new Map<number, number>();
  for (const { terms } of counted) for (const number of terms) seen.set(number, (seen.get(number) ?? 0) + 1);
  return new Map([...frequencies].map(([term, { number }]) => [term, { number, texts: seen.get(number) ?? 0 }]));
}

function matrixOf(
  counted: readonly CountedText[],
  columnOf: ReadonlyMap<number, number>,
  weights: Float32Array,
): SparseMatrix {
  const rows = counted.map(({ terms, counts }) => {
    const known: [number, number][] = [];
    terms.forEach((number, at) => {
      const column = columnOf.get(number);
      if (column !== undefined) known.push([column, counts[at]!]);
    });
    return weighed(known, weights);
  });
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((row, at) => {
    offsets[at + 1] = offsets[at]! + row.length;
  });
  const indices = new Int32Array(offsets[rows.length]!);
  const values = new Float32Array(offsets[rows.length]!);
  let at = 0;
  for (const row of rows) {
    for (const [column, value] of row) {
      indices[at] = column;
      values[at++] = value;
    }
  }
  return { rows: rows.length, columns: weights.length, offsets, indices, values };
}
