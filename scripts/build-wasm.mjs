/* Compiles src/math/nearest-kernel.wat into src/math/nearest-kernel.ts. Run it after changing the .wat; a test compares the two. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import wabt from "wabt";

const WAT = new URL("../src/math/nearest-kernel.wat", import.meta.url);
const OUT = new URL("../src/math/nearest-kernel.ts", import.meta.url);

export async function compileKernel() {
  const { parseWat } = await wabt();
  const module = parseWat("nearest-kernel.wat", readFileSync(WAT, "utf8"), { simd: true });
  const { buffer } = module.toBinary({});
  module.destroy();
  return `/** Made from nearest-kernel.wat by scripts/build-wasm.mjs; base64. */\nexport const NEAREST_KERNEL =\n  "${Buffer.from(buffer).toString("base64")}";\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(OUT, await compileKernel());
