import { expect, it } from "vitest";
import { parsePlace } from "../../src/cli/directory.js";

it("a place may begin with the word for a format, or with what messages call it", () => {
  expect(parsePlace("hf:c")).toEqual({ dir: "c", format: "hf" });
  expect(parsePlace("hf-dataset:c")).toEqual({ dir: "c", format: "hf" });
  expect(parsePlace("parquet:a/b")).toEqual({ dir: "a/b", format: "parquet" });
  expect(parsePlace("C:/kura")).toEqual({ dir: "C:/kura", format: undefined });
  expect(parsePlace("./parqet:c")).toEqual({ dir: "./parqet:c", format: undefined });
  expect(() => parsePlace("parqet:c")).toThrow('"parqet:c" begins with "parqet:", which is no format');
  expect(parsePlace("here")).toEqual({ dir: "here", format: undefined });
});
