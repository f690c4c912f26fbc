import { type Kernel, viewsOf } from "./kernel.js";

/** nearest-kernel.wat in JavaScript, with sums in float64. */
export function jsKernel(): Kernel {
  let views = viewsOf(new ArrayBuffer(0));
  return {
    name: "js",
    reserve(bytes) {
      if (bytes > views.floats.byteLength) views = viewsOf(new ArrayBuffer(Math.ceil(bytes / 8) * 8));
      return views;
    },
    nearest(points, n, centroids, k, rowBytes, halfNorms, labels, scores) {
      const { floats, integers } = views;
      const width = rowBytes / 4;
      const four = new Float64Array(4);
      for (let point = 0; point < n; point++) {
        let best = Number.NEGATIVE_INFINITY;
        let label = 0;
        for (let first = 0; first < k; first += 4) {
          fourDots(floats, points / 4 + point * width, centroids / 4 + first * width, width, four);
          for (let index = 0; index < 4; index++) {
            const score = four[index]! - floats[halfNorms / 4 + first + index]!;
            if (score > best) {
              best = score;
              label = first + index;
            }
          }
        }
        integers[labels / 4 + point] = label;
        floats[scores / 4 + point] = best;
      }
    },
    dots(points, n, rows, rowBytes, out) {
      const { floats } = views;
      const width = rowBytes / 4;
      const four = new Float64Array(4);
      for (let point = 0; point < n; point++) {
        fourDots(floats, points / 4 + point * width, rows / 4, width, four);
        floats.set(four, out / 4 + point * 4);
      }
    },
    drawn(weights, n, share) {
      const { floats } = views;
      let left = share;
      let last = 0;
      for (let index = 0; index < n; index++) {
        const weight = floats[weights / 4 + index]!;
        if (weight === 0) continue;
        last = index;
        left -= weight;
        if (left < 0) break;
      }
      return last;
    },
    closer(points, n, four, rowBytes, least, out, sums) {
      const { floats, doubles } = views;
      const width = rowBytes / 4;
      doubles.fill(0, sums / 8, sums / 8 + 4);
      for (let point = 0; point < n; point++) {
        for (let row = 0; row < 4; row++) {
          const from = points / 4 + point * width;
          const to = four / 4 + row * width;
          let sum = 0;
          for (let column = 0; column < width; column++) sum += (floats[from + column]! - floats[to + column]!) ** 2;
          const at = out / 4 + row * n + point;
          floats[at] = Math.min(sum, floats[least / 4 + point]!);
          doubles[sums / 8 + row]! += floats[at]!;
        }
      }
    },
  };
}

/** Four rows share each load of the point. */
function fourDots(floats: Float32Array, point: number, rows: number, width: number, out: Float64Array): void {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let column = 0; column < width; column++) {
    const value = floats[point + column]!;
    a += value * floats[rows + column]!;
    b += value * floats[rows + width + column]!;
    c += value * floats[rows + 2 * width + column]!;
    d += value * floats[rows + 3 * width + column]!;
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}
