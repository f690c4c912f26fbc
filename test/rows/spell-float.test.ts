import fc from "fast-check";
import { expect, it } from "vitest";
import { spellFloat } from "../../src/rows/spell-float.js";
import { spellFloat32, spellVector } from "../../src/rows/spell-float32.js";

// Made by pydantic 2.13.5, `model_dump_json` of a float field.
const BY_PYDANTIC: [number, string][] = [
  [1, "1.0"],
  [-0, "-0.0"],
  [0.1, "0.1"],
  [1e-4, "0.0001"],
  [1e-5, "0.00001"],
  [1.5e-5, "0.000015"],
  [9.999e-6, "9.999e-6"],
  [1e-6, "1e-6"],
  [-1.234e-6, "-1.234e-6"],
  [1e-7, "1e-7"],
  [5e-324, "5e-324"],
  [1e15, "1000000000000000.0"],
  [9007199254740992, "9007199254740992.0"],
  [9999999999999998, "9999999999999998.0"],
  [1e16, "1e+16"],
  [1.5e16, "1.5e+16"],
  [1.2345678901234568e17, "1.2345678901234568e+17"],
  [1e21, "1e+21"],
  [1e22, "1e+22"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
];

it.each(BY_PYDANTIC)("spellFloat(%d) is %s, as pydantic writes it", (value, text) => {
  expect(spellFloat(value)).toBe(text);
});

it("spellFloat() reads back as the same double", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(JSON.parse(spellFloat(value))).toBe(value);
    }),
    { numRuns: 5000, seed: 1 },
  );
});

const FLOAT32 = [
  0, -0, 0.1, 1, -1.5, 15.999999, 16, 1e-4, 9.9e-5, 1e-7, 1e-45, 1.17549435e-38, 1e20, 3.4028234663852886e38, 0.5, 10,
  12.25,
];

it("spellVector() and spellFloat32() use the shortest digits that read back as the same float32", () => {
  const any = fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.float({ min: -32, max: 32, noNaN: true }),
    fc.float({ min: Math.fround(-0.3), max: Math.fround(0.3), noNaN: true }),
    fc.constantFrom(...FLOAT32).map(Math.fround),
  );
  fc.assert(
    fc.property(any, (value) => {
      const text = spellVector(Float32Array.of(value)).slice(1, -1);
      expect(text).toBe(spellFloat32(value));
      expect(Math.fround(JSON.parse(text) as number)).toBe(value);
      const digits = (one: string) => one.replace(/e.*|[.-]/g, "").replace(/^0+|0+$/g, "").length;
      for (let precision = 1; precision < digits(text); precision++) {
        expect(Math.fround(Number(value.toPrecision(precision))), `${value} needs ${text}`).not.toBe(value);
      }
    }),
    { numRuns: 4000, seed: 2 },
  );
});

it("spellVector() of many, one and no numbers", () => {
  expect(spellVector(new Float32Array([0.1, -0, 2]))).toBe("[0.1,-0.0,2.0]");
  expect(spellVector(new Float32Array(0))).toBe("[]");
  const long = Float32Array.from({ length: 5000 }, (_, index) => (index - 2500) / 7);
  expect(new Float32Array(JSON.parse(spellVector(long)) as number[])).toEqual(long);
});
