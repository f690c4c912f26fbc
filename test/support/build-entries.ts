import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/*
 * Tests run the sources, but what runs in a process or thread of its own (the one that reads unverified columnar files, the one that
 * compresses) begins with a module that Node can load by itself: all are built before the tests, apart from dist/, which another run may
 * be making or packing.
 */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Of the library, for processes of their own. */
export const BUILD = join(ROOT, "node_modules/.cache/kura-ts/entries");
/** In the place of the user's, for one run of the tests. */
export const CACHE = join(tmpdir(), `kura-tests-cache-${process.pid}`);

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

/** A plugin that lets the sources start what was built. */
export function builtEntries() {
  return {
    name: "built-entries",
    transform(code: string, id: string): string | undefined {
      const folder = /\/src\/(formats\/[\w-]+)\/[\w-]+\.ts$/.exec(id)?.[1];
      if (folder === undefined) return undefined;
      return code.replace(/new URL\("\.\/([\w-]+\.js)", import\.meta\.url\)/, (_, file: string) => {
        const built = pathToFileURL(join(BUILD, folder, file)).href;
        return `new URL(${JSON.stringify(built)})`;
      });
    },
  };
}

/** Of vitest: once, after all tests. */
export function teardown(): void {
  rmSync(CACHE, { recursive: true, force: true });
}
