import { powerBy, powerTable } from "./power-table.js";
import { seededRandom } from "./random.js";
import { CURVE, MOST, STRANGERS, type Umap } from "./umap.js";
import type { UmapGraph } from "./umap-graph.js";

const tabled = (exponent: number) => powerBy(powerTable(exponent));

/**
 * umap-kernel.wat in JavaScript. With exact powers it is umap-js, number for number.
 *
 * @param powerOf Of an exponent: how numbers are raised to it. Six digits do.
 */
export function jsUmap(
  { from, to, period }: UmapGraph,
  start: Float64Array,
  seed: number,
  powerOf: (exponent: number) => (x: number) => number = tabled,
): Umap {
  const { a, b } = CURVE;
  const [power, powerBelow] = [powerOf(b), powerOf(b - 1)];
  const places = start.slice();
  const count = places.length / 2;
  const next = period.slice();
  const nextPush = period.map((epochs) => epochs / STRANGERS);
  const random = seededRandom(seed);
  return {
    places,
    epoch(number, alpha) {
      for (let edge = 0; edge < from.length; edge++) {
        if (next[edge]! > number) continue;
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
        const pushPeriod = period[edge]! / STRANGERS;
        const strangers = Math.floor((number - nextPush[edge]!) / pushPeriod);
        for (let drawn = 0; drawn < strangers; drawn++) {
          const stranger = Math.floor(random() * count) * 2;
          if (stranger === own) continue;
          const sx = places[own]! - places[stranger]!;
          const sy = places[own + 1]! - places[stranger + 1]!;
          const distance = sx * sx + sy * sy;
          const push = (2 * b) / ((0.001 + distance) * (a * power(distance) + 1));
          places[own]! += (distance > 0 ? clipped(push * sx) : MOST) * alpha;
          places[own + 1]! += (distance > 0 ? clipped(push * sy) : MOST) * alpha;
        }
        nextPush[edge]! += strangers * pushPeriod;
      }
    },
  };
}

function clipped(value: number): number {
  return Math.max(-MOST, Math.min(MOST, value));
}
