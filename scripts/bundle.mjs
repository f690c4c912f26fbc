/*
 * Bundles what `tsc` compiled (build/) into dist/, with what is loaded later in files of its own: to Node, a module costs a quarter of
 * a millisecond however small it is (docs/decisions/010-the-package-is-bundled.md).
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The outputs that somebody starts or imports by name. Those of processes and threads lie flat: whoever starts them may be in any shared file. */
const ENTRIES = {
  index: "index.js",
  "testing/index": "testing/index.js",
  "cli/bin": "cli/bin.js",
  "scout-child": "formats/scout/scout-child.js",
  "zstd-worker": "formats/columnar/zstd-worker.js",
};

const bundle = await rolldown({
  input: Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, at(`build/${path}`)])),
  platform: "node",
  external: /^[^./]/,
});
const { output } = await bundle.write({ dir: at("dist"), chunkFileNames: "[name]-[hash].js" });

for (const { fileName, code } of output) {
  for (const [, file] of code.matchAll(/new URL\("([^"]+)", import\.meta\.url\)/g))
    if (!existsSync(new URL(file, new URL(`../dist/${fileName}`, import.meta.url))))
      throw new Error(`dist/${fileName} starts ${file}, which is not beside it`);
  // Node prints the name of a class in stacks and inspection; two of one name in one file would lose theirs.
  const renamed = /^class (\w+\$\d+)/m.exec(code);
  if (renamed !== null) throw new Error(`dist/${fileName} has two classes of one name: ${renamed[1]}`);
}
