/*
 * A sentence encoder on this machine, as those who install the package have it: the packed library and `@huggingface/transformers` in a directory
 * of their own, a model in ONNX form that `encoder.py` makes, and the vectors that Python's onnxruntime has of the same texts.
 *
 *   node interop/encoder.mjs <python> [major version of transformers.js …]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [python, ...majors] = process.argv.slice(2);
const TEXTS = [
  "How do I write a loop in Rust?",
  "My export fails every night",
  "a",
  "Übergröße, naïve façade 日本",
  // As long as the model takes. A longer one is cut off, by transformers.js 3 without the token that ends it.
  `A long one ${"with many words ".repeat(19)}`,
];
/** Of numbers that are at most 1: what float32 leaves of sums in another order. */
const TOLERANCE = 1e-5;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kura-encoder-"));
try {
  const model = join(folder, "encoder");
  const wanted = JSON.parse(run(python, [here("encoder.py"), model], { input: JSON.stringify(TEXTS) }));
  const [{ filename }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: here("..") }),
  );
  for (const major of majors.length > 0 ? majors : ["3", "4"]) {
    const place = installed(major, join(folder, filename));
    const said = run(process.execPath, ["--input-type=module", "-e", program()], {
      cwd: place,
      input: JSON.stringify({ model, texts: TEXTS }),
    });
    const { version, together, apart, missing } = JSON.parse(said);
    const worst = Math.max(farthest(together, wanted), farthest(apart, wanted));
    if (!(worst < TOLERANCE)) throw new Error(`transformers.js ${version}: vectors differ by ${worst}`);
    if (!/^Cannot load model/.test(missing)) throw new Error(`transformers.js ${version}: ${missing}`);
    process.stdout.write(
      `transformers.js ${version}: ${TEXTS.length} texts, together and one by one, differ by ${worst} at most\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** What somebody runs who has installed both. */
function program() {
  return `
    import { readFileSync } from "node:fs";
    import { localEmbeddingModel } from "kura-ts";
    import { env } from "@huggingface/transformers";
    const { model, texts } = JSON.parse(readFileSync(0, "utf8"));
    const encoder = localEmbeddingModel(model);
    const plain = ({ vectors }) => vectors.map((vector) => [...vector]);
    const together = plain(await encoder.embed(texts));
    const apart = [];
    for (const text of texts) apart.push(...plain(await encoder.embed([text])));
    const missing = await localEmbeddingModel("/no/such/model").embed(["a"]).catch(({ message }) => message);
    process.stdout.write(JSON.stringify({ version: env.version, together, apart, missing }));`;
}

/** A directory with both, kept for the next time; the packed library is always today's. */
function installed(major, tarball) {
  const place = here(`.transformers-${major}`);
  mkdirSync(place, { recursive: true });
  if (!existsSync(join(place, "package.json"))) writeFileSync(join(place, "package.json"), '{ "private": true }');
  // What the native runtime's script fetches is for other processors; what it needs is in its package.
  const words = ["install", "--ignore-scripts", "--no-save", "--silent", "--no-package-lock"];
  run("npm", [...words, tarball, `@huggingface/transformers@${major}`], { cwd: place });
  const { version } = JSON.parse(
    readFileSync(join(place, "node_modules/@huggingface/transformers/package.json"), "utf8"),
  );
  if (!version.startsWith(`${major}.`)) throw new Error(`Wanted transformers.js ${major}, got ${version}`);
  return place;
}

function farthest(some, others) {
  if (some.length !== others.length) return Number.NaN;
  const all = some.flatMap((vector, row) =>
    others[row].length === vector.length ? vector.map((value, at) => Math.abs(value - others[row][at])) : [Number.NaN],
  );
  return Math.max(...all);
}

function run(command, words, { input = "", cwd } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, words, { input, cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${words[0]} ended with ${status}: ${error ?? stderr}`);
  return stdout;
}
