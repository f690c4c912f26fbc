/* Compiles each .wat of src/ into the .ts of its name beside it. Run it after changing one; a test compares the two. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import wabt from "wabt";

const FOLDER = new URL("../src/", import.meta.url);

/** @returns {Promise<Map<string, string>>} Sources by the path of their file. */
export async function compileKernels() {
  const { parseWat } = await wabt();
  const sources = readdirSync(FOLDER, { recursive: true }).filter((file) => file.endsWith(".wat"));
  return new Map(
    sources.map((file) => {
      const module = parseWat(basename(file), readFileSync(new URL(file, FOLDER), "utf8"), { simd: true });
      const { buffer } = module.toBinary({});
      module.destroy();
      const name = basename(file, ".wat");
      const constant = name.toUpperCase().replaceAll("-", "_");
      const text = `/** Made from ${name}.wat by scripts/build-wasm.mjs; base64. */\nexport const ${constant} =\n  "${Buffer.from(buffer).toString("base64")}";\n`;
      return [fileURLToPath(new URL(file.replace(/wat$/, "ts"), FOLDER)), text];
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [path, text] of await compileKernels()) writeFileSync(path, text);
