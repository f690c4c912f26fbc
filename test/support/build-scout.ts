import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/*
 * Tests run the sources, but the child process that reads unverified columnar files needs a module that Node can load by itself: it is
 * built before the tests, apart from dist/, which another run may be making or packing.
 */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BUILD = join(ROOT, "node_modules/.cache/kura-ts/scout");
const ADDRESS = 'new URL("./scout-child.js", import.meta.url)';

/** Of vitest: once, before all tests. */
export function setup(): void {
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  try {
    execFileSync(
      process.execPath,
      [compiler, "-p", "tsconfig.build.json", "--outDir", BUILD, "--declaration", "false"],
      { cwd: ROOT },
    );
  } catch {
    // The compiler writes its output before it complains; what it complains of is not for tests to tell.
  }
}

/** A plugin that lets the sources start the child that was built. */
export function builtScout() {
  return {
    name: "built-scout",
    transform(code: string, id: string): string | undefined {
      if (!id.endsWith("/formats/scout/scout.ts")) return undefined;
      const child = pathToFileURL(join(BUILD, "formats/scout/scout-child.js")).href;
      if (!code.includes(ADDRESS)) throw new Error(`${id} does not hold ${ADDRESS}`);
      return code.replace(ADDRESS, `new URL(${JSON.stringify(child)})`);
    },
  };
}
