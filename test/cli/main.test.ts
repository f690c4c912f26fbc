import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { Interruption } from "../../src/cli/effects.js";
import { Cluster, type Conversation, ConversationSummary } from "../../src/rows/builtin.js";
import { temporaryDirectory, typed } from "./typed.js";

function summary(index: number, extra: Partial<ConversationSummary> = {}): ConversationSummary {
  return {
    summary: `The user asks about thing ${index}, 要約 📊.`,
    request: null,
    topic: index % 2 ? "python" : null,
    languages: ["english"],
    task: null,
    concerning_score: 1 + (index % 5),
    user_frustration: 1,
    assistant_errors: null,
    chat_id: `chat-${index}`,
    metadata: { intent: index % 3 ? "a" : "b", big: 9007199254740993n },
    embedding: index === 0 ? [1, 0.5, 1e-7, 0, 0, 0, 3] : null,
    ...extra,
  };
}

async function stored(count = 30) {
  const dir = temporaryDirectory();
  const manager = new JSONLCheckpointManager(dir);
  await manager.saveCheckpoint(
    "summaries",
    Array.from({ length: count }, (_, index) => summary(index)),
    ConversationSummary,
    {
      madeFrom: { model: "test" },
    },
  );
  return { dir, manager, file: join(dir, "summaries.jsonl") };
}

/** Ids and times differ in every run. */
const settled = (text: string) =>
  text
    .replace(/\d{8}T\d{9}Z-\w{8}/g, "<revision>")
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, "<time>")
    .replace(/sha256:\w+/g, "<hash>");

describe("kura", () => {
  it("has help for itself and for every command, each with an example", async () => {
    const { code, stdout } = await typed(["--help"]);
    expect(code).toBe(0);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name!);
    expect(commands).toEqual([
      "run",
      "status",
      "ls",
      "info",
      "show",
      "tree",
      "convert",
      "verify",
      "compare",
      "sync",
      "gc",
      "adopt",
      "restore",
      "push",
      "pull",
      "log",
      "tag",
    ]);
    for (const command of commands) {
      const help = await typed([command, "--help"]);
      expect(help.code).toBe(0);
      expect(help.stdout).toMatch(new RegExp(`^kura ${command} [^]*\nExample: kura ${command}`));
      expect(await typed(["help", command])).toEqual(help);
    }
  });

  it("says its version", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(await typed(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it.each([
    [[], /^kura <command>/],
    [["shwo"], /^kura: there is no command "shwo"\ndid you mean: kura show\?\n$/],
    [["--json"], /^kura: there is no option --json without a command\n/],
    [["constructor"], /^kura: there is no command "constructor"/],
    [["ls", "package.json"], /^kura: "package.json" is a file, and a checkpoint directory is needed\n$/],
    [["run", "a.json", "--out", "package.json"], /^kura: "package.json" is a file, and a checkpoint directory/],
    [["ls", "not/here"], /^kura: there is no directory "not\/here"\n/],
    [["run", "a.json", "--max-clusters", "none"], /^kura: --max-clusters is an integer >= 1; "none" was given\n/],
    [["run", "a.json", "--json", "--quiet"], /^kura: --json and --quiet cannot be combined\n/],
  ])("answers %j with exit code 2", async (argv, message) => {
    const { code, stdout, stderr } = await typed(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it("shows a stack only with KURA_DEBUG=1", async () => {
    const { dir, file } = await stored();
    const bytes = readFileSync(file);
    bytes[100] = bytes[100]! ^ 1;
    writeFileSync(file, bytes);
    const { code, stderr } = await typed(["show", "summaries", "--out", dir]);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    const debug = await typed(["show", "summaries", "--out", dir], { env: { KURA_DEBUG: "1" } });
    expect(debug.stderr).toContain("    at ");
  });
});

describe("kura ls", () => {
  it("lists checkpoints, ours and others", async () => {
    const { dir } = await stored();
    writeFileSync(join(dir, "notes.jsonl"), '{"a":1}\n');
    expect(settled((await typed(["ls", dir])).stdout)).toMatchInlineSnapshot(`
      "name       rows    size  format  saved                    verified
      notes         ?     8 B  jsonl   <time>  no
      summaries    30  8.3 kB  jsonl   <time>  yes
      "
    `);
  });

  it("says that there are none", async () => {
    const dir = temporaryDirectory();
    expect((await typed(["ls", dir])).stdout).toBe(`"${dir}" has no checkpoints\n`);
  });
});

describe("kura info", () => {
  it("prints all that is known", async () => {
    const { dir } = await stored();
    const { code, stdout } = await typed(["info", "summaries.jsonl", "--check", "--out", dir]);
    expect(code).toBe(0);
    expect(settled(stdout)).toMatchInlineSnapshot(`
      "name      summaries
      rows      30
      size      8.3 kB (8,256 bytes)
      format    jsonl
      files     summaries.jsonl
      row type  summaries
      saved     <time>
      verified  every byte
      complete  yes
      revision  <revision>
      row hash  <hash>

      columns
        summary           text
        request           text or null
        topic             text or null
        languages         list<text> or null
        task              text or null
        concerning_score  int32 or null
        user_frustration  int32 or null
        assistant_errors  list<text> or null
        chat_id           text
        metadata          json
        embedding         list<float64> or null

      revisions
        <revision>  <time>  30 rows  8.3 kB  current

      made from
        model  "test"
      "
    `);
  });

  it("answers with exit code 3 where rows are missing", async () => {
    const { dir, manager } = await stored();
    await manager.saveCheckpoint("summaries", [summary(1)], ConversationSummary, { missing: ["chat-2", "chat-3"] });
    const { code, stdout } = await typed(["info", "summaries", "--out", dir]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^complete +no, 2 missing: chat-2, chat-3$/m);
  });

  it("suggests a name", async () => {
    const { dir } = await stored();
    expect(await typed(["info", "sumaries", "--out", dir])).toEqual({
      code: 1,
      stdout: "",
      stderr: `kura: "${dir}" has no checkpoint "sumaries"\ndid you mean summaries? there are summaries\n`,
    });
  });
});

describe("kura show", () => {
  it("prints a block for each row", async () => {
    const { dir } = await stored();
    const { stdout, stderr } = await typed(["show", "summaries", "--limit", "1", "--out", dir], {
      isTerminal: true,
      columns: 60,
    });
    expect(stdout).toMatchInlineSnapshot(`
      "── row 0 ───────────────────────────────────────────────────
      summary           The user asks about thing 0, 要約 📊.
      request           null
      topic             null
      languages         ["english"]
      task              null
      concerning_score  1
      user_frustration  1
      assistant_errors  null
      chat_id           chat-0
      metadata          {"intent":"b","big":9007199254740993}
      embedding         [1, 0.5, 1e-7, 0, 0, 0, …] (7 numbers)

      "
    `);
    expect(stderr).toBe("the first 1 row of 30; --limit shows more, --rows a:b others\n");
  });

  it("prints the stored bytes with --json, by name and by path", async () => {
    const { dir, file } = await stored();
    const bytes = readFileSync(file, "utf8");
    expect(await typed(["show", "summaries", "--json", "--out", dir])).toEqual({ code: 0, stdout: bytes, stderr: "" });
    expect((await typed(["show", file, "--json"])).stdout).toBe(bytes);
  });

  it("chooses rows and fields", async () => {
    const { dir } = await stored();
    const ids = async (...argv: string[]) => {
      const { stdout } = await typed(["show", "summaries", "--json", "--columns", "chat_id", "--out", dir, ...argv]);
      return stdout
        .trimEnd()
        .split("\n")
        .map((line) => Object.values(JSON.parse(line) as object).join());
    };
    expect(await ids("--rows", "3:5")).toEqual(["chat-3", "chat-4"]);
    expect(await ids("--rows", "28:")).toEqual(["chat-28", "chat-29"]);
    expect(await ids("--rows", ":9", "--limit", "1")).toEqual(["chat-0"]);
    expect(
      await ids("--where", "concerning_score >= 4 and topic contains 'python' and not metadata.intent in ('b')"),
    ).toEqual(["chat-13", "chat-19", "chat-23", "chat-29"]);
    expect(await ids("--where", "metadata.big = 9007199254740993", "--limit", "2")).toEqual(["chat-0", "chat-1"]);
  });

  it("says how many there are", async () => {
    const { dir } = await stored();
    const said = async (...argv: string[]) => (await typed(["show", "summaries", "--out", dir, ...argv])).stderr;
    expect(await said()).toBe("the first 20 rows of 30; --limit shows more, --rows a:b others\n");
    expect(await said("--limit", "30")).toBe("30 rows of 30\n");
    expect(await said("--rows", "10:20", "--limit", "10")).toBe("10 rows of 30\n");
    expect(await said("--where", "concerning_score = 5")).toBe("6 rows that match\n");
    expect(await said("--where", "concerning_score = 9")).toBe("no row matches\n");
  });

  it("shows files that nothing describes", async () => {
    const file = join(temporaryDirectory(), "notes.jsonl");
    writeFileSync(file, '{"a":1.0,"b":9007199254740993}\n{"a":null}\n');
    const { code, stdout, stderr } = await typed(["show", file, "--json"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"a":1.0,"b":9007199254740993}\n{"a":null}\n' });
    expect(stderr).toBe("");
    const byName = await typed(["show", "notes", "--out", dirname(file)]);
    expect(byName.stderr).toContain("was not saved by this library");
  });

  it("says which number of somebody else's file is none of JSON", async () => {
    const file = fileURLToPath(new URL("../fixtures/parquet/pyarrow-kinds.parquet", import.meta.url));
    const { code, stderr } = await typed(["show", file, "--json"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /cannot write row \d+ as JSON: field "\w+": a finite number is needed, it is (NaN|-?Infinity)\n/,
    );
    expect((await typed(["show", file])).code).toBe(0);
  });

  it("does not let a row write escapes", async () => {
    const { dir, manager } = await stored();
    await manager.saveCheckpoint(
      "summaries",
      [summary(1, { summary: "\u001b[2Jx\u009b\ny", metadata: { "\u009b": "\u009b" } })],
      ConversationSummary,
    );
    const { stdout } = await typed(["show", "summaries", "--out", dir]);
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(stdout).toContain("[2Jx y");
  });

  it.each([
    [
      ["--columns", "metadata.intent"],
      '--columns takes whole columns, and "metadata.intent" is a part of one\ntry --columns metadata',
    ],
    [
      ["--where", "concerning_score = '4'"],
      'its type is int32, with which the text "4" does not compare; give a number',
    ],
    [["--columns", "chat_id,topik"], 'there is no column "topik"\ndid you mean topic?'],
    [["--columns", "chat_id,"], '--columns has an empty name in "chat_id,"'],
    [["--rows", "5"], '--rows is a:b, a: or :b; "5" was given'],
    [["--rows", "5:5"], 'the end of --rows, which is not included, is an integer >= 6; "5" was given'],
    [["--where", "topik = 1"], 'Cannot filter by "topik": there is no column "topik"'],
    [["--where", "topic ="], "Cannot understand --where: expected a value\n  topic =\n         ^"],
  ])("answers %j with exit code 2", async (argv, message) => {
    const { dir } = await stored(1);
    const { code, stderr } = await typed(["show", "summaries", "--out", dir, ...argv]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("kura tree", () => {
  it("draws the stored hierarchy, in colours only on a terminal that wants them", async () => {
    const { dir, manager } = await stored();
    const cluster = { description: "About", slug: "s", count: null };
    await manager.saveCheckpoint(
      "meta_clusters",
      [
        { id: "r", name: "Root", chat_ids: ["1", "2"], parent_id: null, ...cluster },
        { id: "c", name: "Child", chat_ids: ["1"], parent_id: "r", ...cluster },
      ],
      Cluster,
    );
    expect((await typed(["tree", "--style", "basic", "--out", dir])).stdout).toBe(
      "Clusters (2 conversations)\n╚══ Root (2)\n    ╚══ Child (1)\n",
    );
    const rich = ["tree", "--style", "rich", "--out", dir];
    const ansi = "\u001b[";
    expect((await typed(rich, { isTerminal: true })).stdout).toContain(ansi);
    expect((await typed(rich)).stdout).not.toContain(ansi);
    expect((await typed(rich, { isTerminal: true, env: { NO_COLOR: "1" } })).stdout).not.toContain(ansi);
    expect((await typed([...rich, "--no-color"], { isTerminal: true })).stdout).not.toContain(ansi);
  });
});

describe("kura adopt and kura restore", () => {
  it("adopt a file that is cut off and right as it is", async () => {
    const { dir, file } = await stored(3);
    const before = readFileSync(file, "utf8");
    writeFileSync(file, before.split("\n").slice(0, 2).join("\n"));
    expect(await typed(["show", "summaries", "--out", dir])).toMatchObject({ code: 1, stdout: "" });
    expect(settled((await typed(["adopt", "summaries", "--out", dir])).stdout)).toBe(
      "summaries is adopted: 2 rows, every one checked; revision <revision>\n",
    );
    expect((await typed(["show", "summaries", "--out", dir])).stderr).toBe("2 rows of 2\n");
    expect((await typed(["adopt", "summaries", "--out", dir])).stdout).toContain("summaries was ours already: 2 rows");
  });

  it("restore the revision before, and undo that as they say", async () => {
    const { dir, manager, file } = await stored(3);
    const before = readFileSync(file, "utf8");
    await manager.saveCheckpoint("summaries", [summary(9)], ConversationSummary);
    const after = readFileSync(file, "utf8");
    const { code, stdout } = await typed(["restore", "summaries", "--out", dir]);
    expect(code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(before);
    const [said, undo] = stdout.trimEnd().split("\n");
    expect(settled(said!)).toBe(
      "summaries is again as of revision <revision> (saved <time>): 3 rows; this is revision <revision>",
    );
    await typed(undo!.replace("undo: kura ", "").split(" "));
    expect(readFileSync(file, "utf8")).toBe(after);
  });

  it("say what there is instead of a revision that is not there", async () => {
    const { dir } = await stored(1);
    expect((await typed(["restore", "summaries", "--out", dir])).stderr).toBe(
      "kura: summaries has no earlier revision\n",
    );
    expect(await typed(["restore", "summaries", "--revision", "x", "--out", dir])).toMatchObject({
      code: 1,
      stderr: "kura: summaries has no revision x\n",
    });
    expect((await typed(["adopt", "nothing", "--out", dir])).code).toBe(1);
  });
});

describe("kura run", () => {
  const TOPICS = ["sort a list in python", "bake bread with rye flour", "repair the brakes of a bicycle"];
  const conversations = Array.from({ length: 24 }, (_, index): Conversation => {
    const created_at = "2025-01-01T00:00:00";
    const content = `How do I ${TOPICS[index % 3]}? Case ${index}.`;
    return { chat_id: `c${index}`, created_at, messages: [{ created_at, role: "user", content }], metadata: {} };
  });

  function input() {
    const dir = temporaryDirectory();
    const path = join(dir, "input.jsonl");
    writeFileSync(path, conversations.map((each) => `${JSON.stringify(each)}\n`).join(""));
    return { path, out: join(dir, "out") };
  }

  it("makes every step, then reuses every step", async () => {
    const { path, out } = input();
    const first = await typed(["run", path, "--out", out, "--style", "basic"]);
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining("summaries: 24 rows, made in") });
    expect(first.stdout).toMatch(/^Clusters \(24 conversations\)\n[╠╚]══ /);
    expect(first.stdout).toMatch(/^summaries +made +24 rows +there was none$/m);
    expect(first.stdout).toContain(`Next: kura show summaries --out ${out}`);

    const second = await typed(["run", path, "--out", out, "--style", "basic"]);
    expect(second.stdout).toMatch(/^meta_clusters +reused +\d+ rows +nothing changed$/m);
    expect(second.stdout).not.toMatch(/ made /);
    const treeOf = (text: string) => text.slice(0, text.indexOf("\n\n"));
    expect(treeOf(second.stdout)).toBe(treeOf(first.stdout));
    expect((await typed(["tree", "--style", "basic", "--out", out])).stdout.trimEnd()).toBe(treeOf(first.stdout));

    expect((await typed(["status", out])).stdout).toMatch(/^summaries +fresh +reuses it$/m);
  });

  it("prints JSON Lines and nothing else with --json", async () => {
    const { path, out } = input();
    const { code, stdout, stderr } = await typed(["run", path, "--out", out, "--json", "--limit", "12"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; steps?: object[] });
    expect(events[0]).toMatchObject({ type: "decision", decision: { step: "conversations", because: "missing" } });
    expect(events.some(({ type }) => type === "read")).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: "done", out });
    expect(events.at(-1)!.steps).toContainEqual(
      expect.objectContaining({ step: "summaries", action: "make", rows: 12, complete: true }),
    );
  });

  it("goes on in the format that is there, unless another is named", async () => {
    const { path, out } = input();
    const run = (...more: string[]) => typed(["run", path, "--out", out, ...more]);
    expect((await run("--format", "parquet")).code).toBe(0);
    expect((await run()).stdout).toMatch(/^summaries +reused[\s\S]*summaries\.parquet/m);
    expect(existsSync(join(out, "summaries.jsonl"))).toBe(false);
    expect((await typed(["status", out])).stdout).toMatch(/^summaries +fresh[\s\S]*\n\nCheckpoints are parquet\./m);
    // One of another format is not the directory's.
    await new JSONLCheckpointManager(out).saveCheckpoint("clusters", []);
    const both = await run();
    expect(both.stdout).toMatch(/^clusters +reused/m);
    expect(both.stderr).toContain("holds parquet and jsonl; going on with parquet (--format names another)\n");
    const tree = await typed(["tree", "--out", out]);
    expect(tree.stderr).toBe("");
    await run("--format", "jsonl");
    expect((await typed(["tree", "--out", out])).stderr).toMatch(
      /holds meta_clusters as jsonl and parquet; jsonl is taken, which was saved last \(--format names another\)\n/,
    );
    expect(await run("--only", "summaries", "--from", "clusters")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("only summaries was asked for, which is before it"),
    });
  });

  it("says how to go on when it is stopped, and goes on", async () => {
    const { path, out } = input();
    for (const [name, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      const controller = new AbortController();
      controller.abort(new Interruption(name));
      expect(await typed(["run", path, "--out", out], { signal: controller.signal })).toMatchObject({
        code,
        stderr: expect.stringMatching(
          /\n?Stopped\. Finished steps and all answers are kept; run the same command again to go on\.\n$/,
        ),
      });
    }
    expect((await typed(["run", path, "--out", out, "--quiet"])).code).toBe(0);
  });

  it("fails in one line for an input that is not there", async () => {
    const out = join(temporaryDirectory(), "out");
    const { code, stderr } = await typed(["run", "no-such-file.json", "--out", out]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^kura: Cannot read conversations from "no-such-file\.json": .+\n$/);
    expect(existsSync(out)).toBe(false);
  });
});
