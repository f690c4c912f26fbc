import { powerTable } from "./power-table.js";

/** What umap-js 1.4.0 has made ready for its epochs: edges from `tail` to `head`, and how often each is drawn together. */
export interface UmapState {
  readonly head: readonly number[];
  readonly tail: readonly number[];
  readonly headEmbedding: readonly (readonly number[])[];
  readonly epochsPerSample: readonly number[];
  readonly epochsPerNegativeSample: readonly number[];
  readonly nEpochs: number;
  readonly initialAlpha: number;
  readonly gamma: number;
  readonly a: number;
  readonly b: number;
}

/** How far a place is moved at most, in units of the map and of alpha. */
const MOST = 4;

/**
 * The epochs of umap-js on a map of two dimensions, with the same numbers drawn, several times as fast: places lie in one array, and powers, on
 * which nearly all of the time went, are looked up. Of 1,500 places 500 epochs are some 20 million moves.
 *
 * @param powerOf Of an exponent: how numbers are raised to it. Six digits do.
 * @returns x and y of each place in turn.
 */
export async function runUmapEpochs(
  { head, tail, headEmbedding, nEpochs, initialAlpha, gamma, a, b, ...state }: UmapState,
  random: () => number,
  { onEpoch, powerOf = powerTable }: { onEpoch: () => Promise<void> | undefined; powerOf?: typeof powerTable },
): Promise<Float64Array> {
  const count = headEmbedding.length;
  const places = Float64Array.from(headEmbedding.flat());
  const [from, to] = [Int32Array.from(head), Int32Array.from(tail)];
  const period = Float64Array.from(state.epochsPerSample);
  const negativePeriod = Float64Array.from(state.epochsPerNegativeSample);
  const next = Float64Array.from(period);
  const nextNegative = Float64Array.from(negativePeriod);
  const [power, powerBelow] = [powerOf(b), powerOf(b - 1)];
  let alpha = initialAlpha;
  for (let epoch = 0; epoch < nEpochs; epoch++) {
    for (let edge = 0; edge < from.length; edge++) {
      if (next[edge]! > epoch) continue;
      const own = from[edge]! * 2;
      const other = to[edge]! * 2;
      const dx = places[own]! - places[other]!;
      const dy = places[own + 1]! - places[other + 1]!;
      const square = dx * dx + dy * dy;
      const pull = square > 0 ? (-2 * a * b * powerBelow(square)) / (a * power(square) + 1) : 0;
      const x = clipped(pull * dx) * alpha;
      const y = clipped(pull * dy) * alpha;
      places[own]! += x;
      places[other]! -= x;
      places[own + 1]! += y;
      places[other + 1]! -= y;
      next[edge]! += period[edge]!;
      const strangers = Math.floor((epoch - nextNegative[edge]!) / negativePeriod[edge]!);
      for (let drawn = 0; drawn < strangers; drawn++) {
        const stranger = Math.floor(random() * count) * 2;
        const sx = places[own]! - places[stranger]!;
        const sy = places[own + 1]! - places[stranger + 1]!;
        const distance = sx * sx + sy * sy;
        if (distance > 0) {
          const push = (2 * gamma * b) / ((0.001 + distance) * (a * power(distance) + 1));
          places[own]! += (push > 0 ? clipped(push * sx) : MOST) * alpha;
          places[own + 1]! += (push > 0 ? clipped(push * sy) : MOST) * alpha;
        } else if (own !== stranger) {
          places[own]! += MOST * alpha;
          places[own + 1]! += MOST * alpha;
        }
      }
      nextNegative[edge]! += strangers * negativePeriod[edge]!;
    }
    alpha = initialAlpha * (1 - epoch / nEpochs);
    await onEpoch();
  }
  return places;
}

function clipped(value: number): number {
  return Math.max(-MOST, Math.min(MOST, value));
}
