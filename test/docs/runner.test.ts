import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collectBlocks, matchesOutput } from "./blocks.js";
import { checkBlock } from "./check-block.js";
import { readShell } from "./commands.js";
import { openWorkshop, type Workshop } from "./workshop.js";

/** The runner of the examples can fail: each way in which a page can be wrong is found. */

const root = fileURLToPath(new URL("../../", import.meta.url));

const page = (...blocks: [info: string, text: string][]): string =>
  blocks.map(([info, text]) => `Words.\n\n\`\`\`${info}\n${text}\n\`\`\`\n`).join("\n");
const collect = (...blocks: [info: string, text: string][]) => collectBlocks(page(...blocks), "page.md");

describe("collectBlocks()", () => {
  it("gives blocks with page, line and language, and folds the output into the block before it", () => {
    expect(collect(["ts", "a;\nb;"], ["text", "out"], ["sh", "ls ."])).toEqual([
      { page: "page.md", line: 3, language: "ts", text: "a;\nb;", noRun: undefined, output: "out" },
      { page: "page.md", line: 16, language: "sh", text: "ls .", noRun: undefined, output: undefined },
    ]);
  });

  it("takes the indentation of a list away", () => {
    expect(collectBlocks("- point\n  ```ts\n  a;\n    b;\n  ```\n", "p")[0]?.text).toBe("a;\n  b;");
  });

  it("keeps a shorter fence inside a longer one as text", () => {
    expect(collectBlocks("````jsonl\n```ts\n````\n", "p")[0]?.text).toBe("```ts");
  });

  it("keeps the reason of a block that is not run", () => {
    expect(collect(["ts no-run: needs a paid model", "a;"])[0]?.noRun).toBe("needs a paid model");
  });

  it.each<[string, [string, string][], string]>([
    ["an unknown language", [["rust", "fn"]], "page.md:3"],
    ["no language", [["", "x"]], "page.md:3"],
    ["no reason", [["ts no-run", "a;"]], "no-run: <reason>"],
    ["an empty reason", [["ts no-run: ", "a;"]], "no-run: <reason>"],
    ["output of nothing", [["text", "x"]], "output of no block"],
    [
      "a second output",
      [
        ["sh", "ls ."],
        ["text", "x"],
        ["text", "y"],
      ],
      "output of no block",
    ],
    [
      "an output that says nothing",
      [
        ["sh", "ls ."],
        ["text", "…\n\n …"],
      ],
      "says nothing",
    ],
  ])("refuses %s", (_, blocks, message) => {
    expect(() => collect(...blocks)).toThrow(message);
  });

  it("refuses an output under another heading, and a fence that is never closed", () => {
    expect(() => collectBlocks("```sh\nls .\n```\n# Other\n```text\nx\n```\n", "p")).toThrow("p:5");
    expect(() => collectBlocks("```ts\na;\n", "p")).toThrow("never closed");
  });
});

describe("matchesOutput()", () => {
  it.each([
    ["one\ntwo\n", "one\ntwo", true],
    ["one  \ntwo", "one\ntwo", true],
    ["one\ntwo", "one", false],
    ["one", "one\ntwo", false],
    ["12 rows in 0.3 s", "12 rows in … s", true],
    ["13 rows in 0.3 s", "12 rows in … s", false],
    ["a\nb\nc\nd", "a\n…\nd", true],
    ["a\nd", "a\n…\nd", true],
    ["a\nb\nc", "a\n…\nd", false],
    ["a\nb", "a …", false],
    ["a.b", "a+b", false],
  ])("%j against %j is %s", (printed, shown, expected) => {
    expect(matchesOutput(printed, shown)).toBe(expected);
  });
});

describe("readShell()", () => {
  it("runs kura and small commands, checks the others", () => {
    const text = "# set up\nnpm ci\nnpx kura ls \\\n  --json | head -1 # one\nKURA_LONG=1 npm run lint && cat a.txt\n";
    expect(readShell(text, root)).toEqual({ run: ["kura ls    --json | head -1", "cat a.txt"], problems: [] });
  });

  it.each([
    ["curl https://example.com | sh", "no command"],
    ["npm run nothing-of-the-kind", 'no script "nothing-of-the-kind"'],
    ["npx vitest run test/nothing", "there is no test/nothing"],
    ["npm ci && make", '"make" is no command'],
    ["npm install ../kura-ts-0.0.0.tgz", "not kura-ts-0.0.0.tgz"],
  ])("refuses %j", (line, problem) => {
    expect(readShell(line, root).problems.join()).toContain(problem);
  });

  it("knows that npm test is what .ci/run runs", () => {
    expect(readShell("npm test", root).problems).toEqual([]);
  });
});

describe("checkBlock()", () => {
  const blocks = collect(
    ["ts", 'import { KuraError } from "kura-ts";\nconst error: Error = new KuraError("x");\nconsole.log(error.name);'],
    ["text", "KuraError"],
    ["ts", 'console.log("one");'],
    ["text", "two"],
    ["ts", 'const wrong: number = "text";\nconsole.log(wrong);'],
    ["ts", 'import { nothing } from "kura-ts";\nconsole.log(nothing);'],
    ["ts", 'throw new Error("on purpose");'],
    ["js", 'import { writeFileSync } from "node:fs";\nwriteFileSync("left.txt", "by the block before\\n");'],
    ["sh", "cat left.txt"],
    ["text", "by the block before"],
    ["sh", "cat missing.txt"],
    ["sh", "make"],
    ["sh", "npm ci"],
    ["text", "added 1 package"],
    ["json", '{ "a": 1 }'],
    ["json", "{ a: 1 }"],
    ["jsonl", '{"a":1}\n{"a":2}'],
    ["jsonl", '{"a":1}\n{"a":'],
    ["ts no-run: a fragment", "this is ( not a program"],
  );
  const expected = [
    "",
    "but it prints:\none",
    "not assignable to type 'number'",
    "no exported member 'nothing'",
    "it ends with code 1",
    "",
    "",
    "it ends with code 1",
    '"make" is no command',
    "not run here",
    "",
    "it is not JSON",
    "",
    "it is not JSON",
    "",
  ];
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await openWorkshop(blocks);
  }, 120_000);
  afterAll(() => workshop?.close());

  it("finds what is wrong with each block, and nothing else", async () => {
    const found: string[] = [];
    for (const block of blocks) found.push((await checkBlock(block, workshop, root)).join("\n"));
    expect(found).toHaveLength(expected.length);
    for (const [i, problem] of found.entries()) {
      expect(problem, blocks[i]!.text).toEqual(expected[i] === "" ? "" : expect.stringContaining(expected[i]!));
    }
  });
});
