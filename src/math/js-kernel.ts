import type { Kernel } from "./kernel.js";

/** nearest-kernel.wat in JavaScript, with sums in float64. */
export function jsKernel(): Kernel {
  let floats = new Float32Array(0);
  let integers = new Int32Array(0);
  return {
    name: "js",
    reserve(bytes) {
      if (bytes > floats.byteLength) {
        floats = new Float32Array(Math.ceil(bytes / 4));
        integers = new Int32Array(floats.buffer);
      }
      return { floats, integers };
    },
    nearest(points, n, centroids, k, rowBytes, halfNorms, labels, scores) {
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
      const width = rowBytes / 4;
      const four = new Float64Array(4);
      for (let point = 0; point < n; point++) {
        fourDots(floats, points / 4 + point * width, rows / 4, width, four);
        floats.set(four, out / 4 + point * 4);
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
