import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonReader } from "../../src/models/read-json.js";

const schema = {
  type: "object",
  properties: {
    name: { type: "string" },
    score: { type: "integer", minimum: 1, maximum: 5 },
    note: { type: ["string", "null"] },
  },
  required: ["name", "score", "note"],
  additionalProperties: false,
};
const read = await jsonReader(schema);
const value = { name: 'A {b} "c" \\ }', score: 3, note: null };
const json = JSON.stringify(value);

describe("the JSON object in an answer", () => {
  it.each([
    ["alone", json],
    ["in a fence", `\`\`\`json\n${json}\n\`\`\``],
    ["after a sentence", `Sure! Here is the JSON you asked for:\n\n${json}`],
    ["before one", `${json}\n\nLet me know {if} you need more.`],
    ["after thoughts that hold JSON", `<think>\nMaybe {"name": "no", "score": 1, "note": null}?\n</think>\n${json}`],
    ["after braces that are no JSON", `The fields {name} and {score} are: ${json}`],
    ["over several lines", JSON.stringify(value, null, 2)],
  ])("is found %s", (_, text) => {
    expect(read(text)).toEqual(value);
  });

  it("may lack what may be null, and have what nobody asked for", () => {
    expect(read('{"name": "x", "score": 1, "mood": "good"}')).toEqual({ name: "x", score: 1, note: null });
  });

  it.each([
    ["no JSON", "I cannot do that."],
    ["nothing", ""],
    ["an answer that was cut off", json.slice(0, -3)],
    ["an answer that was cut off after an object in it", '{"name": "x", "more": {"name": "y", "score": 1}, "sco'],
    ["another shape", '{"result": {"ok": true}}'],
    ["an array", "[1, 2, 3]"],
    ["a number that is too large", '{"name": "x", "score": 6, "note": null}'],
    ["a string for a number", '{"name": "x", "score": "3", "note": null}'],
    ["a name that is missing", '{"score": 3, "note": null}'],
  ])("is refused where there is %s", (_, text) => {
    expect(() => read(text)).toThrow(/The answer/);
  });

  it("is refused where a text in it holds half of a character, which no row can", () => {
    expect(() => read(JSON.stringify({ ...value, note: "cut in the middle of \ud83d" }))).toThrow(/surrogate/);
    expect(read(JSON.stringify({ ...value, note: "\ud83d\ude00" })).note).toBe("\ud83d\ude00");
  });

  it("says what does not fit", () => {
    expect(() => read('{"name": "x", "score": 6, "note": null}')).toThrow("#/score");
  });

  it("is found in any text around it that has no braces", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (before, name, after) => {
        const text = `${before.replace(/[{}<]/g, "")}${JSON.stringify({ ...value, name })}${after}`;
        expect(read(text)).toEqual({ ...value, name });
      }),
      { seed: 1 },
    );
  });

  it("never takes longer than a moment, whatever the answer", () => {
    const started = performance.now();
    for (const text of ["{".repeat(200_000), '{"'.repeat(100_000), "{}".repeat(100_000), '{"a":'.repeat(50_000)])
      expect(() => read(text)).toThrow();
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
