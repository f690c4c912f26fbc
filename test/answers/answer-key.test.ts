import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { answerKey, type Sent } from "../../src/checkpoints/answers/answer-key.js";
import { canonicalJson } from "../../src/rows/canonical-json.js";
import { seededRandom } from "../support/random.js";

/** Made by another implementation: scripts/generate-answer-keys.py. */
const GOLDEN = JSON.parse(readFileSync(new URL("../fixtures/answer-keys.json", import.meta.url), "utf8")) as {
  sent: Sent;
  key: string;
}[];

/** The same value, its members in another order. */
function shuffled(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, inner]) => [random(), name, shuffled(inner, random)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => a - b).map(([, name, inner]) => [name, inner]));
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("answerKey()", () => {
  it("gives the keys that it gave when they were paid for", () => {
    expect(GOLDEN.length).toBeGreaterThanOrEqual(200);
    expect(GOLDEN.filter(({ sent, key }) => answerKey(sent) !== key)).toEqual([]);
    expect(new Set(GOLDEN.map(({ key }) => key)).size).toBe(
      new Set(GOLDEN.map(({ sent }) => canonicalJson(sent))).size,
    );
  });

  it("does not depend on the order in which members were written", () => {
    const random = seededRandom(1);
    for (const { sent, key } of GOLDEN) expect(answerKey(shuffled(sent, random) as Sent)).toBe(key);
  });

  it("asks no locale", () => {
    const refuse = () => {
      throw new Error("a locale was asked");
    };
    for (const name of ["localeCompare", "toLocaleLowerCase", "toLocaleUpperCase", "normalize"] as const)
      vi.spyOn(String.prototype, name).mockImplementation(refuse);
    vi.spyOn(Number.prototype, "toLocaleString").mockImplementation(refuse);
    for (const { sent, key } of GOLDEN) expect(answerKey(sent)).toBe(key);
  });

  it("is another for everything that can change what comes back", () => {
    const sent = { model: "m", prompt: "p", schema: { type: "object" }, sampling: { temperature: 0 } };
    const keys = [
      sent,
      { ...sent, model: "m2" },
      { ...sent, prompt: "p " },
      { ...sent, schema: { type: "array" } },
      { ...sent, sampling: { temperature: 1 } },
      { ...sent, sampling: {} },
      { ...sent, sampling: undefined },
      { model: "m", text: "p" },
    ].map(answerKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("takes a member that is undefined as not there", () => {
    const sent = { model: "m", prompt: "p", schema: {} };
    expect(answerKey({ ...sent, sampling: undefined })).toBe(answerKey(sent));
  });

  it.each([
    ["NaN", Number.NaN, "sampling.n: NaN is not JSON"],
    ["a Date", new Date(0), "sampling.n: a Date is not JSON"],
    ["a bigint", 1n, "sampling.n: bigint 1 is not JSON"],
    ["undefined in a list", [undefined], "sampling.n[0]: nothing is not JSON"],
  ])("refuses %s, and says where", (_, n, message) => {
    const sent = { model: "m", prompt: "p", schema: {}, sampling: { n } };
    expect(() => answerKey(sent)).toThrow(TypeError);
    expect(() => answerKey(sent)).toThrow(message);
  });
});
