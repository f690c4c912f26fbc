import fc from "fast-check";
import { expect, it } from "vitest";
import { InputError } from "../../src/errors.js";
import { ArraySplitter } from "../../src/loaders/array-splitter.js";
import { LineSplitter } from "../../src/loaders/line-splitter.js";
import type { Splitter } from "../../src/loaders/splitter.js";

const SEED = 20250301;

/** Elements of a text that arrives in pieces of the given lengths, over and over; the buffer is spoiled after each, as reuse does. */
function split(splitter: Splitter, text: string, lengths: readonly number[]): unknown[] {
  const bytes = Buffer.from(text);
  const found: unknown[] = [];
  const take = (pieces: ReturnType<Splitter["push"]>) => {
    for (const piece of pieces) found.push(JSON.parse(piece.bytes.toString()));
  };
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const chunk = Buffer.from(bytes.subarray(at, at + lengths[turn % lengths.length]!));
    take(splitter.push(chunk));
    at += chunk.length;
    chunk.fill(0);
  }
  take(splitter.finish());
  return found;
}

/** Texts made to be hard: quotes, backslashes, brackets, beyond ASCII, longer than what is looked at byte by byte. */
const hardText = fc.oneof(
  fc.string({ unit: fc.constantFrom('"', "\\", "[", "]", "{", "}", ",", ":", "\n", "é", "🦆", "a"), maxLength: 80 }),
  fc.string({ unit: "binary" }),
  // Longer than what is looked at byte by byte, with the hard part behind.
  fc
    .tuple(fc.integer({ min: 25, max: 90 }), fc.string({ unit: fc.constantFrom('"', "\\", "a"), maxLength: 12 }))
    .map(([length, end]) => "x".repeat(length) + end),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    hardText,
    fc.constantFrom(null, true, false, -0.5, 1e30, 0),
    fc.integer(),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(hardText, tie("value"), { maxKeys: 4 }),
  ),
})).value;
const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

it("any JSON array, in any chunks and any layout, splits into what JSON.parse makes of it", () => {
  fc.assert(
    fc.property(
      fc.array(json, { maxLength: 12 }),
      lengths,
      fc.constantFrom(undefined, 2, "\t"),
      (array, sizes, indent) => {
        const text = ` \r\n${JSON.stringify(array, undefined, indent)}\n`;
        expect(split(new ArraySplitter("x"), text, sizes)).toEqual(JSON.parse(text));
      },
    ),
    { seed: SEED, numRuns: 400 },
  );
});

it("one byte at a time gives the same", () => {
  const array = ['\\"', "\\\\", ['\\\\\\"]'], { "}": "x".repeat(100) }, 12, "", [], {}];
  expect(split(new ArraySplitter("x"), JSON.stringify(array), [1])).toEqual(array);
});

it("whatever is done to an array, the splitter gives what JSON.parse gives or fails: it never gives something else", () => {
  const mutation = fc.tuple(
    fc.nat(),
    fc.constantFrom("", '"', "[", "]", "{", "}", ",", "\\", "x", " "),
    fc.nat({ max: 2 }),
  );
  let refused = 0;
  fc.assert(
    fc.property(
      fc.array(json, { minLength: 1, maxLength: 6 }),
      mutation,
      lengths,
      (array, [at, insert, removed], sizes) => {
        const text = JSON.stringify(array);
        const place = at % text.length;
        const cut = text.slice(0, place) + insert + text.slice(place + removed);
        const broken = Buffer.from(cut).toString(); // half an emoji is no text
        let expected: unknown;
        try {
          expected = JSON.parse(broken);
        } catch {
          expected = undefined;
        }
        let found: unknown;
        try {
          found = split(new ArraySplitter("x"), broken, sizes);
        } catch (error) {
          expect(error instanceof InputError || error instanceof SyntaxError).toBe(true);
          refused++;
        }
        // A text that is not an array any more is none of the splitter's business.
        if (found !== undefined || Array.isArray(expected)) expect(found).toEqual(expected);
      },
    ),
    { seed: SEED, numRuns: 600 },
  );
  expect(refused).toBeGreaterThan(100);
});

it("backslashes before a quotation mark are counted, near and far from the text's start", () => {
  for (let length = 0; length < 80; length++) {
    const array = [0, 1, 2, 3, 4].map((backslashes) => `${"x".repeat(length)}${"\\".repeat(backslashes)}`);
    const quoted = array.map((text) => `${text}",[`);
    for (const sizes of [[1000], [7], [64, 1]]) {
      expect(split(new ArraySplitter("x"), JSON.stringify([...array, ...quoted]), sizes)).toEqual([
        ...array,
        ...quoted,
      ]);
    }
  }
});

it("knows the line of each element, through pretty-printed ones", () => {
  const text = '[\n  {\n    "a": "x\\ny"\n  },\n\n  2, 3\n]\n';
  const lines = [...new ArraySplitter("x").push(Buffer.from(text))].map((piece) => piece.line);
  expect(lines).toEqual([2, 6, 6]);
});

it.each([
  ["[1 2]", /a comma or the array's end is needed at byte 3, behind 1 element; there is "2"/],
  ["[,1]", /an element is needed at byte 1/],
  ["[1,]", /a comma too many behind 1 element, before the array's end at byte 3/],
  ["[}]", /an element is needed at byte 1/],
  ["[1]]", /something follows: "\]"/],
  ["[1]\n[2]", /the array ends after 1 element, and something follows: "\[/],
  ["[1, [2, 3", /torn: it ends at byte 9 inside element 1 \(from 0\), which starts at byte 4/],
  ["[1, 2", /torn: it ends at byte 5 inside element 1/],
  ["[1, 2 ", /torn: it ends at byte 6 after 2 elements, without the array's closing bracket/],
  ['["a": b]', /"b" at byte 6 is not JSON|a comma or the array's end is needed at byte 4/],
  ['[{"a: 1}, {"b": 2}]', /"b" at byte 12 is not JSON: it is outside of a text; a quotation mark may be missing/],
])("%s is refused with its place", (text, message) => {
  for (const length of [1, 3, 100]) expect(() => split(new ArraySplitter("x"), text, [length])).toThrow(message);
});

it("an element or a line beyond the limit is refused while it is read, not after", () => {
  const long = JSON.stringify(["short", "x".repeat(200)]);
  expect(() => split(new ArraySplitter("x", { maxElementBytes: 100 }), long, [30])).toThrow(
    /the conversation that starts here is longer than/,
  );
  expect(() => split(new LineSplitter("x", { maxLineBytes: 100 }), `1\n"${"x".repeat(200)}"\n`, [30])).toThrow(
    /at line 2/,
  );
});

it("lines split anywhere come out whole, without blank ones", () => {
  fc.assert(
    fc.property(
      fc.array(json, { maxLength: 10 }),
      lengths,
      fc.constantFrom("\n", "\r\n", "\n \n"),
      (values, sizes, end) => {
        const text = values.map((value) => JSON.stringify(value)).join(end);
        expect(split(new LineSplitter("x"), text, sizes)).toEqual(JSON.parse(JSON.stringify(values)));
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
});
