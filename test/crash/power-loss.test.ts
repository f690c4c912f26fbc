import { afterAll, describe, expect, it } from "vitest";
import { CRASH_MODES, type CrashMode, modeName } from "../support/crash-states.js";
import { type Exploration, explore } from "./explore.js";
import { FORMS, type Form, JSONL } from "./form.js";
import { ALL_DISKS, CRASHES, LONG, SEED, WIDE } from "./scale.js";
import { SCRIPTS } from "./scripts.js";

// What survives in the other modes survives in this one too, so it is the one to sample.
const CRUELLEST: CrashMode = { meta: "reorder", data: "weak", rename: "split" };

/** Of forms that share the protocol with the first. */
const FEW = ["a first save", "a delete"];

const total = { operations: 0, instants: 0, crashStates: 0, sampled: 0, foreign: 0 };

afterAll(() => {
  console.log(
    `power loss, seed ${SEED}: ${total.operations} operations stopped at ${total.instants} instants, ${total.crashStates} crash states ` +
      `checked (${total.sampled} instants sampled), ${total.foreign} rewritten by a stranger, 0 violations expected`,
  );
});

async function check(
  form: Form,
  name: string,
  mode: CrashMode,
  depth: { crashes: number; follow: number; stateCap?: number },
): Promise<void> {
  const found = await explore(SCRIPTS[name]!, { form, mode, seed: SEED, ...depth });
  for (const count of Object.keys(total) as (keyof typeof total)[]) total[count] += found[count];
  expect(found.violation, describedViolation(found)).toBeUndefined();
  expect(found.crashStates).toBeGreaterThan(100);
}

function describedViolation({ violation }: Exploration): string {
  return violation ? `${violation.what}\n  ${violation.trail.join("\n  ")}` : "";
}

describe.each(FORMS.map((form) => [form.name, form] as const))(
  "%s: a crash at any call, and then at any call of what follows, loses nothing that was acknowledged",
  (_, form) => {
    const isWide = form === JSONL || WIDE;
    for (const mode of ALL_DISKS ? CRASH_MODES : [CRUELLEST])
      it.each(isWide ? Object.keys(SCRIPTS) : FEW)(`%s (${modeName(mode)})`, async (name) => {
        await check(form, name, mode, {
          crashes: CRASHES,
          follow: isWide && !ALL_DISKS ? 2 : 1,
          ...((!WIDE || ALL_DISKS) && { stateCap: 24 }),
        });
      });
  },
);

describe.runIf(LONG).each(FORMS.map((form) => [form.name, form] as const))(
  "%s: the same, on every kind of disk, from many more of the states",
  (_, form) => {
    for (const mode of CRASH_MODES) {
      it.each(Object.keys(SCRIPTS))(`%s (${modeName(mode)})`, async (name) => {
        await check(form, name, mode, { crashes: 1, follow: 8 });
        await check(form, name, mode, { crashes: 3, follow: 2 });
      });
    }
  },
);
