import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BUILD } from "./build-entries.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * The library that was built before all tests, below a directory, for processes that outlive a moment: another run of tests may build it anew
 * meanwhile.
 */
export async function ownLibrary(directory: string): Promise<string> {
  const library = join(directory, "build");
  await symlink(join(ROOT, "node_modules"), join(directory, "node_modules"));
  await cp(BUILD, library, { recursive: true });
  return library;
}
