import { execFile } from "node:child_process";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Builds the library below a directory, apart from dist/, which another run may be making or packing; for processes of their own. */
export async function buildLibrary(directory: string): Promise<string> {
  const library = join(directory, "build");
  await symlink(join(ROOT, "node_modules"), join(directory, "node_modules"));
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const build = ["-p", "tsconfig.build.json", "--outDir", library, "--declaration", "false"];
  // The compiler writes its output before it complains.
  await promisify(execFile)(process.execPath, [compiler, ...build], { cwd: ROOT }).catch(() => {});
  return library;
}
