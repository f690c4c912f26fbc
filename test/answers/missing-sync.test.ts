import { afterAll, describe, expect, it } from "vitest";
import { LONG, SEED } from "../crash/scale.js";
import { CRASH_MODES, type CrashMode, modeName } from "../support/crash-states.js";
import { explore } from "./explore.js";
import { SCRIPTS } from "./scripts.js";
import { SYNCS, type Sync } from "./syncs.js";

const MODES = LONG ? CRASH_MODES : CRASH_MODES.filter((mode) => modeName(mode) === "reorder/weak/split");
const table: string[] = [];

afterAll(() => console.log(`answers, leaving out one sync\n${table.join("\n")}`));

/** The first broken promise, or undefined. */
async function broken(sync: Sync, mode: CrashMode): Promise<string | undefined> {
  for (const [name, { disk, operations }] of Object.entries(SCRIPTS)) {
    if (sync.during && !operations.some((operation) => operation.do === sync.during)) continue;
    const start = await disk(mode);
    const { violation } = await explore(operations, {
      start,
      mode,
      crashes: 1,
      follow: 2,
      seed: SEED,
      swallow: sync.is,
    });
    if (violation) return `${name}: ${violation.what.split("\n")[0]}`;
  }
  return undefined;
}

const isRedundant = ({ redundant }: Sync, { meta }: CrashMode): boolean =>
  redundant === "always" || (redundant === "journalled metadata" && meta === "journal");

describe("the crash tests notice a sync of the answers that is left out", () => {
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
