import { afterAll, describe, expect, it } from "vitest";
import { CRASH_MODES, type CrashMode, modeName } from "../support/crash-states.js";
import { explore } from "./explore.js";
import { FORMS, type Form, JSONL } from "./form.js";
import { LONG, SEED, WIDE } from "./scale.js";
import { SCRIPTS } from "./scripts.js";
import { type Sync, syncsOf } from "./syncs.js";

const MODES = LONG ? CRASH_MODES : CRASH_MODES.filter((mode) => modeName(mode) === "reorder/weak/split");
const table: string[] = [];

afterAll(() => console.log(`leaving out one sync\n${table.join("\n")}`));

/** The first broken promise, or undefined. */
async function broken(form: Form, sync: Sync, mode: CrashMode): Promise<string | undefined> {
  const first = ([name]: [string, unknown]): number => (name === sync.first ? 0 : 1);
  for (const [name, script] of Object.entries(SCRIPTS).sort((a, b) => first(a) - first(b))) {
    if (sync.during && !script.some((operation) => operation.do === sync.during)) continue;
    const { violation } = await explore(script, {
      form,
      mode,
      crashes: 1,
      follow: sync.follow ?? 3,
      seed: SEED,
      swallow: sync.is,
    });
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

describe.each(FORMS.map((form) => [form.name, form] as const))(
  "%s: the crash tests notice a sync that is left out",
  (kind, form) => {
    for (const mode of MODES) {
      // That a sync is redundant takes all states to show; that one is needed, a single one.
      // Those that every form makes are left out of one.
      const few =
        form === JSONL || WIDE ? syncsOf(form) : syncsOf(form).filter(({ ofParts, isSlow }) => ofParts && !isSlow);
      const syncs = LONG ? syncsOf(form) : few.filter((sync) => !isRedundant(sync, mode));
      it.each(syncs.map((sync) => [sync.name, sync] as const))(`%s (${modeName(mode)})`, async (name, sync) => {
        const found = await broken(form, sync, mode);
        table.push(`  ${kind}: ${name} (${modeName(mode)}): ${found ?? "redundant"}`);
        if (isRedundant(sync, mode)) expect(found).toBeUndefined();
        else expect(found).toBeDefined();
      });
    }
  },
);
