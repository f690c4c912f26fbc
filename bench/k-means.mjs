/*
 * k-means over 50,000 x 384 points with 500 clusters: the assignment (what an iteration costs) as WASM SIMD beside blocked JavaScript,
 * then whole runs, in turn, each in a process of its own; and the other long computations of src/math with the longest time that each
 * holds the event loop. Seeded noise: the hardest case, no cluster stands out.
 * node --expose-gc bench/k-means.mjs [--runs 5] [--points 50000] [--columns 384] [--clusters 500]
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { jsKernel } from "../build/math/js-kernel.js";
import { kMeans } from "../build/math/k-means.js";
import { layout2d } from "../build/math/layout.js";
import { mergeNearest } from "../build/math/merge-nearest.js";
import { miniBatchKMeans } from "../build/math/mini-batch-k-means.js";
import { nearest } from "../build/math/nearest.js";
import { gaussian, seededRandom } from "../build/math/random.js";
import { truncatedSvd } from "../build/math/svd.js";
import { wasmKernel } from "../build/math/wasm-kernel.js";
import { compare, measure, table } from "./measure.mjs";

const { values: args } = parseArgs({
  options: {
    variant: { type: "string" },
    runs: { type: "string", default: "5" },
    points: { type: "string", default: "50000" },
    columns: { type: "string", default: "384" },
    clusters: { type: "string", default: "500" },
  },
});
const n = Number(args.points);
const columns = Number(args.columns);
const k = Number(args.clusters);

// Each prepares its input and gives the act to be timed.
const ASSIGNMENT = {
  "blocked JavaScript": () => assignment(jsKernel()),
  "WASM SIMD": () => assignment(wasmKernel()),
};
const WHOLE = {
  "starts and one iteration": () => whole((points) => kMeans(points, k, { seed: 1, maxIterations: 1 })),
  "starts and eleven iterations": () =>
    whole((points) => kMeans(points, k, { seed: 1, maxIterations: 11, tolerance: 0 })),
  "kMeans to its end": () => whole((points) => kMeans(points, k, { seed: 1 })),
  miniBatchKMeans: () => whole((points) => miniBatchKMeans(points, k, { seed: 1 })),
};
const OTHERS = {
  "svd of 10,000 x 20,000 with 1,000,000 numbers, rank 64": svd,
  "layout of 1,000 points x 96": () => {
    const points = noise(1000, 96);
    return () => layout2d(points, { seed: 1 });
  },
  "merging 2,000 points x 96 into 10": () => {
    const points = noise(2000, 96);
    return () => mergeNearest(points, new Array(2000).fill(1), 10);
  },
};

if (args.variant) await run({ ...ASSIGNMENT, ...WHOLE, ...OTHERS }[args.variant]);
else report();

function report() {
  const script = fileURLToPath(import.meta.url);
  const given = ["--points", args.points, "--columns", args.columns, "--clusters", args.clusters];
  const title = `${n} x ${columns} points, ${k} clusters`;
  const measured = (variants, runs) => compare(script, Object.keys(variants), given, { runs });
  const assigned = measured(ASSIGNMENT, Number(args.runs));
  table(`One assignment of ${title}`, assigned, "WASM SIMD");
  const rate = (n * columns * k) / assigned.get("WASM SIMD").cpu / 1e9;
  console.log(`\nWASM SIMD: ${rate.toFixed(1)} multiplications a nanosecond`);
  const runs = measured(WHOLE, 1);
  table(`Whole runs of ${title}`, runs, "kMeans to its end");
  const [one, eleven] = [runs.get("starts and one iteration"), runs.get("starts and eleven iterations")];
  console.log(`\nA further iteration: ${((eleven.cpu - one.cpu) / 10).toFixed(2)} CPU s`);
  for (const [name, { check }] of runs) console.log(`${name}: ${check.result}`);
  const others = measured(OTHERS, Math.min(3, Number(args.runs)));
  table("The others", others, Object.keys(OTHERS)[0]);
  console.log("\nLongest time without a turn of the event loop, ms");
  for (const [name, { check }] of [...runs, ...others]) console.log(`${name}: ${check.heldMs.toFixed(0)}`);
}

/** Input is made before the clock starts; how long the event loop is held is watched with a timer. */
async function run(prepare) {
  const act = await prepare();
  let last = performance.now();
  let heldMs = 0;
  const look = () => {
    heldMs = Math.max(heldMs, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(look, 1);
  await measure(async () => {
    last = performance.now();
    const result = await act();
    look();
    return { result: describe(result), heldMs };
  });
  clearInterval(timer);
}

function describe(result) {
  if (result?.inertia !== undefined && result.iterations !== undefined)
    return `inertia ${Math.round(result.inertia)}, ${result.iterations} iterations, ${result.centroids.rows} clusters`;
  return "";
}

function noise(rows, width) {
  const next = gaussian(seededRandom(1));
  const data = new Float32Array(rows * width);
  for (let at = 0; at < data.length; at++) data[at] = next();
  return { rows, columns: width, data };
}

async function assignment(kernel) {
  const points = noise(n, columns);
  const centroids = { rows: k, columns, data: points.data.slice(0, k * columns) };
  await nearest({ rows: 2000, columns, data: points.data.slice(0, 2000 * columns) }, centroids, { kernel });
  return () => nearest(points, centroids, { kernel });
}

function whole(act) {
  const points = noise(n, columns);
  return () => act(points);
}

/** Terms as frequent as words are: few often, most seldom. */
function svd() {
  const next = seededRandom(3);
  const [rows, terms, perRow] = [10_000, 20_000, 100];
  const matrix = {
    rows,
    columns: terms,
    offsets: Int32Array.from({ length: rows + 1 }, (_, row) => row * perRow),
    indices: Int32Array.from({ length: rows * perRow }, () => Math.floor(terms * next() ** 3)),
    values: Float32Array.from({ length: rows * perRow }, () => 1 + next()),
  };
  return () => truncatedSvd(matrix, 64, { seed: 1 });
}
