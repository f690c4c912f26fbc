import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import { SEED } from "../crash/scale.js";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** Any units, those that JSON escapes more often, in texts of every length around the blocks of sixteen and beyond. */
const special = fc.constantFrom(...'"\\\n\t\b\f\r\0\u001f\u007f\u2028\uffff\ufffd\ud83c\udf31é日！ ');
const texts = fc.array(
  fc.oneof(
    fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom("a", "b") }, special), { maxLength: 70 }),
    fc.array(fc.string({ unit: "binary" }), { maxLength: 40 }),
    fc.constantFrom(["x".repeat(70_000)], ["\u0001".repeat(65_000)], ["é".repeat(65_000)]),
  ),
  { maxLength: 5 },
);

for (const wasm of ["with", "without"]) {
  it(`a line of bytes is a line of text in UTF-8, ${wasm} WebAssembly`, async () => {
    if (wasm === "without") vi.stubGlobal("WebAssembly", undefined);
    vi.resetModules();
    const { ByteLine } = await import("../../src/rows/byte-line.js");
    const { Label, TextLine } = await import("../../src/rows/json-line.js");
    fc.assert(
      fc.property(texts, fc.string(), (lines, label) => {
        const [line, text] = [new ByteLine(), new TextLine()];
        line.begin();
        const units = lines.map((parts) => parts.join(""));
        for (const either of [line, text]) {
          for (const value of units) {
            either.label(new Label(label));
            try {
              either.quoted(value);
            } catch (error) {
              expect(String(error)).toContain("half of a surrogate pair");
              expect(value.isWellFormed()).toBe(false);
            }
            either.ascii("123");
            either.json(label);
          }
        }
        expect(Buffer.from(line.bytes()).toString()).toBe(text.text.toWellFormed());
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
}
