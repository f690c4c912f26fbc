import { afterAll, describe, expect, it } from "vitest";
import { CRASH_MODES, type CrashMode, modeName } from "../support/crash-states.js";
import { explore } from "./explore.js";
import { LONG, SEED } from "./scale.js";
import { SCRIPTS } from "./scripts.js";
import { SYNCS, type Sync } from "./syncs.js";

const MODES = LONG ? CRASH_MODES : CRASH_MODES.filter((mode) => modeName(mode) === "reorder/weak/split");
const table: string[] = [];

afterAll(() => console.log(`leaving out one sync\n${table.join("\n")}`));

/** The first broken promise, or undefined. */
async function broken(sync: Sync, mode: CrashMode): Promise<string | undefined> {
  for (const [name, script] of Object.entries(SCRIPTS)) {
    if (sync.during && !script.some((operation) => operation.do === sync.during)) continue;
    const { violation } = await explore(script, { mode, crashes: 1, follow: 3, seed: SEED, swallow: sync.is });
    if (violation) return `${name}: ${violation.what}`;
  }
  return undefined;
}

function isRedundant({ redundant }: Sync, { meta, data }: CrashMode): boolean {
  if (redundant === "always") return true;
  return (
    (redundant === "journalled metadata" && meta === "journal") ||
    (redundant === "renames that flush" && data === "flush")
  );
}

describe("the crash tests notice a sync that is left out", () => {
  for (const mode of MODES) {
    // That a sync is redundant takes all states to show; that one is needed, a single one.
    const syncs = SYNCS.filter((sync) => LONG || !isRedundant(sync, mode));
    it.each(syncs.map((sync) => [sync.name, sync] as const))(`%s (${modeName(mode)})`, async (name, sync) => {
      const found = await broken(sync, mode);
      table.push(`  ${name} (${modeName(mode)}): ${found ?? "redundant"}`);
      if (isRedundant(sync, mode)) expect(found).toBeUndefined();
      else expect(found).toBeDefined();
    });
  }
});
