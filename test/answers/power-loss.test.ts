import { afterAll, describe, expect, it } from "vitest";
import { LONG, SEED } from "../crash/scale.js";
import { CRASH_MODES, type CrashMode, modeName } from "../support/crash-states.js";
import { type Exploration, explore } from "./explore.js";
import { SCRIPTS } from "./scripts.js";

const CRUELLEST: CrashMode = { meta: "reorder", data: "weak", rename: "split" };
const total = { operations: 0, instants: 0, crashStates: 0, sampled: 0 };

afterAll(() => {
  console.log(
    `answers, power loss, seed ${SEED}: ${total.operations} operations stopped at ${total.instants} instants, ` +
      `${total.crashStates} crash states checked (${total.sampled} instants sampled), 0 violations expected`,
  );
  if (LONG) expect(total.crashStates).toBeGreaterThanOrEqual(10_000);
});

async function check(name: string, mode: CrashMode, depth: { crashes: number; follow: number }): Promise<void> {
  const { disk, operations } = SCRIPTS[name]!;
  const found = await explore(operations, {
    start: await disk(mode),
    mode,
    seed: SEED,
    stateCap: LONG ? 64 : 8,
    ...depth,
  });
  for (const count of Object.keys(total) as (keyof typeof total)[]) total[count] += found[count];
  expect(found.violation, described(found)).toBeUndefined();
  expect(found.crashStates).toBeGreaterThan(100);
}

function described({ violation }: Exploration): string {
  return violation ? `${violation.what}\n  ${violation.trail.join("\n  ")}` : "";
}

describe("a crash at any call, and then at any call of what follows, loses no answer that was acknowledged", () => {
  it.each(Object.keys(SCRIPTS))("%s", async (name) => {
    await check(name, CRUELLEST, { crashes: 1, follow: 1 });
  });
});

describe.runIf(LONG)("the same, on every kind of disk, from many more of the states", () => {
  for (const mode of CRASH_MODES) {
    it.each(Object.keys(SCRIPTS))(`%s (${modeName(mode)})`, async (name) => {
      await check(name, mode, { crashes: 1, follow: 12 });
      await check(name, mode, { crashes: 2, follow: 2 });
    });
  }
});
