import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { isConversation } from "../../src/loaders/detect-format.js";
import { inputElements } from "../../src/loaders/input-elements.js";
import { parseElement } from "../../src/loaders/parse-element.js";
import { Conversation } from "../../src/rows/builtin.js";
import { compileEncoder } from "../../src/rows/encode.js";
import { collectWithWarnings } from "./collect.js";

const SEED = 20250305;
const directory = mkdtempSync(join(tmpdir(), "kura-loaders-"));
afterAll(() => rmSync(directory, { recursive: true }));
const path = join(directory, "input");

const unit = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(..."abc xyz".split("")) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '"',
      "\\",
      "\n",
      "\r",
      "\t",
      "[",
      "]",
      "{",
      "}",
      ",",
      ":",
      "/",
      "\u2028",
      "\u007f",
      "\0",
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom("é", "猫", "🦆", "e\u0301", "\ufeff", "\uffff") },
);
const text = fc.string({ unit, maxLength: 60 });
const two = (max: number, min = 0) => fc.integer({ min, max }).map((number) => String(number).padStart(2, "0"));
/** What Python's datetime.isoformat and pydantic write. */
const time = fc
  .tuple(
    fc.integer({ min: 1, max: 9999 }).map((year) => String(year).padStart(4, "0")),
    two(12, 1),
    two(28, 1),
    two(23),
    two(59),
    two(59),
    fc.oneof(
      fc.constant(""),
      fc.integer({ min: 1, max: 999_999 }).map((micros) => `.${String(micros).padStart(6, "0")}`),
    ),
    fc.constantFrom("", "Z", "+00:00", "-11:30", "+05:45"),
  )
  .map(
    ([year, month, day, hour, minute, second, fraction, offset]) =>
      `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}${offset}`,
  );
const metadataValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    text,
    fc.constantFrom(null, true, false, 0, -0, 1e21, 5e-324, 2 ** 53),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;
const conversations = fc.uniqueArray(
  fc.record(
    {
      chat_id: fc.oneof(
        fc.uuid(),
        text.filter((id) => id !== ""),
      ),
      created_at: time,
      messages: fc.array(
        fc.record(
          {
            created_at: time,
            role: fc.oneof(fc.constantFrom("user", "assistant", "system", "tool"), text),
            content: text,
          },
          { noNullPrototype: true },
        ),
        { maxLength: 4 },
      ),
      metadata: fc.dictionary(text, metadataValue, { maxKeys: 4, noNullPrototype: true }),
    },
    { noNullPrototype: true },
  ),
  { minLength: 1, maxLength: 6, selector: ({ chat_id }) => chat_id },
) as fc.Arbitrary<Conversation[]>;
const encode = compileEncoder(Conversation.columns);

/** As Python's json.dump spells it: spaces behind commas and colons, nothing beyond ASCII. */
const asPython = (json: string) =>
  json
    .replace(/"(?:[^"\\]|\\.)*"|[,:]/g, (token) => (token.length === 1 ? `${token} ` : token))
    .replace(/[^\0-~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
/** Without a JSON.parse, which would change numbers. */
const LAYOUTS: Record<string, (rows: readonly string[]) => string> = {
  "a line each": (rows) => rows.map((row) => `${row}\n`).join(""),
  "a line each, CRLF, a mark and no last end": (rows) => `\ufeff${rows.join("\r\n")}`,
  "an array": (rows) => `[${rows.join(",")}]`,
  "an array of lines": (rows) => ` [\n  ${rows.join(",\n  ")}\n]\n`,
  "Python's array": (rows) => `[${rows.map(asPython).join(", ")}]`,
  "inside an object": (rows) =>
    `{"version": 1, "tags": ["x"], "conversations": [${rows.join(", ")}], "more": {"a": [1]}}`,
};

it.each(Object.keys(LAYOUTS))("every conversation by Kura's rules is loaded as it was: %s", async (layout) => {
  await fc.assert(
    fc.asyncProperty(conversations, async (rows) => {
      const lines = rows.map((row) => encode(row as never));
      writeFileSync(path, LAYOUTS[layout]!(lines));
      const { found, warnings } = await collectWithWarnings(path);
      expect(found).toStrictEqual(rows);
      expect(found.map((row) => encode(row as never))).toEqual(lines);
      const quiet = warnings.filter(
        (warning) =>
          !/^no messages; |^what stands beside the list "conversations" is left out: version, tags, more$/.test(
            warning,
          ),
      );
      expect(quiet).toEqual([]);
    }),
    { seed: SEED, numRuns: 60 },
  );
});

it("nowhere do the boundaries of chunks change what is read, or what is refused", async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(
      conversations,
      fc.constantFrom(...Object.values(LAYOUTS), (rows: readonly string[]) => rows[0]!.replace("{", "\n{\n")),
      fc.integer({ min: 16, max: 200 }),
      fc.option(fc.tuple(fc.nat(), fc.constantFrom("", '"', "}", "]", ",", "\n", "\\", "x"), fc.nat({ max: 2 }))),
      async (rows, layout, chunkBytes, damage) => {
        const whole = layout(rows.map((row) => encode(row as never)));
        const at = damage ? 10 + (damage[0] % whole.length) : 0;
        writeFileSync(path, damage ? whole.slice(0, at) + damage[1] + whole.slice(at + damage[2]) : whole);
        const expected = await readAll();
        expect(await readAll(chunkBytes)).toEqual(expected);
        if (expected.refusal) refused++;
        else if (!damage) expect(expected.elements.length).toBeGreaterThan(0);
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(50);
});

async function readAll(chunkBytes?: number): Promise<{ elements: unknown[]; refusal?: string; beside: unknown[] }> {
  const elements: unknown[] = [];
  const beside: unknown[] = [];
  const onBeside = (...told: unknown[]) => beside.push(told);
  try {
    for await (const element of inputElements(path, { isConversation, onBeside, chunkBytes })) {
      elements.push(element);
      parseElement(path, element);
    }
    return { elements, beside };
  } catch (error) {
    return { elements, beside, refusal: String(error) };
  }
}
