import { describe, expect, it } from "vitest";
import type { CheckpointInfo } from "../../src/checkpoints/info.js";
import type { StepFingerprint } from "../../src/pipeline/fingerprint.js";
import { DEFAULT_POLICY, type Decision, decideStep, type PlanPolicy, planRun } from "../../src/pipeline/plan.js";
import { STEPS, type StepName } from "../../src/pipeline/step.js";

const wanted = (step: string, change: Partial<StepFingerprint> = {}): StepFingerprint => ({
  step,
  code: 1,
  inputs: { above: "hash of above" },
  models: { names: "model 1" },
  options: { seed: 42 },
  ...change,
});

const stored = (fingerprint: object | undefined, change: Partial<CheckpointInfo> = {}): CheckpointInfo => ({
  name: "clusters",
  format: "jsonl",
  files: ["clusters.jsonl"],
  bytes: 10,
  rows: 3,
  rowType: "clusters",
  key: "id",
  columns: [],
  savedAt: new Date(0),
  revision: { id: "20260101T000000000Z-00000000", parent: null, savedAt: "", rowHash: "hash" },
  fingerprint: fingerprint as CheckpointInfo["fingerprint"],
  verified: "identity",
  complete: true,
  missing: [],
  ...change,
});

const decide = (info: CheckpointInfo | undefined, policy: Partial<PlanPolicy> = {}): Decision =>
  decideStep("clusters", info, wanted("clusters"), { ...DEFAULT_POLICY, ...policy });

describe("decideStep()", () => {
  it("makes what is missing and reuses what is fresh", () => {
    expect(decide(undefined)).toEqual({ step: "clusters", action: "make", because: "missing", reasons: [] });
    expect(decide(stored(wanted("clusters")))).toEqual({
      step: "clusters",
      action: "reuse",
      because: "fresh",
      reasons: [],
    });
  });

  it.each([
    [{ code: 0 }, "the code of this step changed (version 0 to 1)"],
    [{ inputs: { above: "another" } }, "above changed"],
    [{ models: { names: "model 0" } }, 'names was "model 0" and is "model 1"'],
    [{ options: { seed: 1 } }, "seed was 1 and is 42"],
    [{ options: {} }, "seed was nothing and is 42"],
  ] as const)("says what makes rows stale: %j", (change, reason) => {
    const info = stored(wanted("clusters", change));
    expect(decide(info)).toEqual({ step: "clusters", action: "make", because: "stale", reasons: [reason] });
    expect(decide(info, { onStale: "reuse" })).toMatchObject({ action: "reuse", because: "stale", reasons: [reason] });
    expect(decide(info, { onStale: "error" })).toMatchObject({ action: "refuse", because: "stale" });
  });

  it("goes on with what is partial, and says how much there is", () => {
    const info = stored(wanted("clusters"), { complete: false, missing: ["a", "b"] });
    expect(decide(info)).toMatchObject({ action: "make", because: "partial", reasons: ["3 of 5 rows"] });
  });

  it("adopts, remakes or refuses rows of which nothing says what made them", () => {
    for (const info of [stored(undefined), stored({ note: "somebody's own" })]) {
      expect(decide(info)).toMatchObject({ action: "adopt", because: "unknown" });
      expect(decide(info, { onUnknown: "remake" })).toMatchObject({ action: "make", because: "unknown" });
      expect(decide(info, { onUnknown: "error" })).toMatchObject({ action: "refuse", because: "unknown" });
    }
  });

  it("remembers that rows were adopted, and takes them for fresh", () => {
    expect(decide(stored({ ...wanted("clusters"), adopted: true }))).toMatchObject({
      action: "reuse",
      because: "fresh",
      reasons: ["adopted: made elsewhere"],
    });
  });

  it("leaves what was not asked for, and makes what was", () => {
    expect(decide(undefined, { only: ["summaries"] })).toMatchObject({ action: "skip", because: "asked" });
    expect(decide(stored(wanted("clusters")), { from: "embeddings" })).toMatchObject({
      action: "make",
      because: "asked",
      reasons: ["all from embeddings on was asked for"],
    });
    expect(decide(stored(wanted("clusters")), { from: "meta_clusters" })).toMatchObject({ action: "reuse" });
  });
});

describe("planRun()", () => {
  const all = () => new Map<StepName, CheckpointInfo>(STEPS.map(({ name }) => [name, stored(print(name))]));
  const print = (name: string, inputs: Record<string, string> = {}) => ({
    ...wanted(name),
    inputs: Object.keys(inputs).length > 0 ? inputs : inputsOf(name),
  });
  const inputsOf = (name: string): Record<string, string> =>
    Object.fromEntries(STEPS.find((step) => step.name === name)!.inputs.map((input) => [input, "hash"]));
  const plan = (infos: ReadonlyMap<StepName, CheckpointInfo>, policy?: PlanPolicy) =>
    planRun(infos, (step, inputs) => ({ ...wanted(step), inputs }), policy).map(({ because }) => because);

  it("finds all fresh where nothing changed", () => {
    expect(plan(all())).toEqual(Array(6).fill("fresh"));
  });

  it("decides what is below a step that is to be made as upstream, and what is not below as fresh", () => {
    const infos = all();
    infos.set("clusters", stored({ ...print("clusters"), code: 0 }));
    expect(plan(infos)).toEqual(["fresh", "fresh", "fresh", "stale", "upstream", "upstream"]);
  });

  it("is pure: the same twice, and nothing handed in is changed", () => {
    const infos = all();
    const before = JSON.stringify([...infos]);
    expect(plan(infos)).toEqual(plan(infos));
    expect(JSON.stringify([...infos])).toBe(before);
  });

  it("reads the input in any case", () => {
    expect(plan(new Map(), { ...DEFAULT_POLICY, only: ["summaries"] })).toEqual([
      "missing",
      "missing",
      "asked",
      "asked",
      "asked",
      "asked",
    ]);
  });
});
