import { describe, expect, it } from "vitest";
import { commandHelp, parseCommand } from "../../src/cli/args.js";
import { nearestWord } from "../../src/cli/nearest-word.js";

const SPEC = {
  name: "try",
  about: "Try things.",
  argument: "<thing>",
  options: {
    out: { kind: "text", value: "dir", default: "here", about: "where" },
    limit: { kind: "integer", value: "n", min: 1, about: "how many" },
    style: { kind: "choice", choices: ["basic", "rich"], default: "basic", about: "how" },
    json: { kind: "flag", about: "for programs" },
  },
  example: "kura try it",
} as const;
const parse = (...argv: string[]) => parseCommand(SPEC, argv);

describe("parseCommand", () => {
  it("gives defaults and checked values", () => {
    expect(parse("it")).toEqual({
      argument: "it",
      options: { out: "here", limit: undefined, style: "basic", json: false },
    });
    expect(parse("--limit", "3", "it", "--json", "--style=rich", "--out=-odd").options).toEqual({
      out: "-odd",
      limit: 3,
      style: "rich",
      json: true,
    });
    expect(parse("--", "--json").argument).toBe("--json");
  });

  it.each<[string[], string, string?]>([
    [["it", "--limt", "3"], "try has no option --limt", "did you mean --limit?"],
    [["it", "--xyzzy"], "try has no option --xyzzy", "see: kura try --help"],
    [["it", "-x"], "try has no option -x"],
    [["it", "--__proto__"], "try has no option --__proto__"],
    [["it", "--limit"], "--limit needs a value"],
    [["it", "--limit="], "--limit needs a value"],
    [
      ["it", "--out", "--json"],
      '--out needs a value, and "--json" looks like an option',
      "if it is the value: --out=--json",
    ],
    [["it", "--limit", "0"], '--limit is an integer >= 1; "0" was given'],
    [["it", "--limit", "-3"], '--limit is an integer >= 1; "-3" was given'],
    [["it", "--limit", "1e3"], '--limit is an integer >= 1; "1e3" was given'],
    [["it", "--limit", "99999999999999999999"], '--limit is an integer >= 1; "99999999999999999999" was given'],
    [["it", "--style", "rihc"], '--style is one of basic, rich; "rihc" was given', "did you mean --style rich?"],
    [["it", "--json=yes"], '--json takes no value, "yes" was given'],
    [["it", "--limit", "1", "--limit", "2"], "--limit is given twice"],
    [["it", "that"], 'try does not know what to do with "that"', "did you mean --out that?"],
    [[""], "try cannot use an empty <thing>"],
    [[], "try needs <thing>", "for example: kura try it"],
  ])("refuses %j", (argv, message, hint) => {
    expect(() => parse(...argv)).toThrow(
      expect.objectContaining({ name: "UsageError", message, ...(hint && { hint }) }),
    );
  });

  it("has a help with every option, its default and an example", () => {
    expect(commandHelp(SPEC)).toMatchInlineSnapshot(`
      "kura try <thing> [options]

      Try things.

      Options:
        --out <dir>         where (default: here)
        --limit <n>         how many
        --style basic|rich  how (default: basic)
        --json              for programs
        --help              show this help
        --no-color          no colours (also: the environment variable NO_COLOR)

      Example: kura try it
      "
    `);
  });
});

describe("nearestWord", () => {
  it.each([
    ["shwo", "show"],
    ["sho", "show"],
    ["stat", "status"],
    ["summarys", "summaries"],
    ["xyzzy", undefined],
    ["", undefined],
  ])("of %j is %j", (typed, nearest) => expect(nearestWord(typed, ["show", "status", "summaries"])).toBe(nearest));
});
