import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { InputError, StorageError } from "../../src/errors.js";
import { openError, openInput } from "../../src/loaders/open-input.js";
import { collect, failureOf, inputDirectory, inputFile, kura, line } from "./collect.js";

async function refusal(
  content: string | Uint8Array,
): Promise<{ damaged: boolean; line: number | undefined; reason: string }> {
  const path = inputFile(content);
  const error = await failureOf(collect(path));
  if (!(error instanceof InputError)) throw error;
  expect(error.path).toBe(path);
  const { damaged, message } = error;
  return { damaged, line: error.line, reason: message.slice(message.indexOf(": ") + 2) };
}

describe("unknown", () => {
  it("JSON that is nobody's conversations: says what was seen and what is known", async () => {
    const { damaged, line: at, reason } = await refusal('{"b":1,"a":2}\n{"b":3,"a":4}\n');
    expect([damaged, at]).toEqual([false, 1]);
    expect(reason).toMatch(
      /^it is of no known format: its first line is an object with keys b, a\. Known are Kura's JSONL \(chat_id/,
    );
    for (const name of ["Claude's export", "ChatGPT's export", "OpenAI-style messages", "ShareGPT"])
      expect(reason).toContain(name);
  });

  it.each([
    ["[1,2]", "the first element of its array is a number"],
    ["[null]", "the first element of its array is null"],
    ['["a"]', "the first element of its array is a text"],
    ["[[],[]]", "the first element of its array is an empty list"],
    ["{}", "its first line is an object without keys"],
    ['{\n"a":{}\n}', "its one object is an object with the key a"],
    ['[{"chat_id":"a","messages":5}]', "is an object with keys chat_id, messages"],
    ['{"messages":[{"text":"no role"}]}', "is an object with the key messages"],
    [
      JSON.stringify(Object.fromEntries([..."abcdefghij"].map((key) => [key, 1]))),
      "keys a, b, c, d, e, f, g, h and 2 more",
    ],
    ["chat_id,created_at\n1,2\n", 'it is no JSON object or array: it starts with "chat_id,created_at"'],
    ["- yaml: yes\n", 'it starts with "- yaml: yes"'],
    ['"just a text"', "it is no JSON object or array: it starts with"],
    ["<!DOCTYPE html><title>chat", "it looks like HTML or XML"],
  ])("%s", async (content, expected) => {
    const { damaged, reason } = await refusal(content);
    expect(damaged).toBe(false);
    expect(reason).toContain(expected);
  });

  it.each([
    [{ summary: "x", chat_id: "a", metadata: {} }, "summaries"],
    [{ id: "1", name: "n", description: "d", slug: "s", chat_ids: [] }, "clusters"],
    [
      { id: "1", name: "n", description: "d", slug: "s", chat_ids: [], x_coord: 1, y_coord: 2, level: 0 },
      "projected clusters",
    ],
  ])("another checkpoint of Kura's is told from conversations", async (row, name) => {
    const { damaged, reason } = await refusal(line(row));
    expect(damaged).toBe(false);
    expect(reason).toContain(`it holds Kura's ${name}, not conversations`);
  });

  it.each([
    [
      "a zip archive",
      Buffer.from("PK\x03\x04rest"),
      "it looks like a zip archive: unpack it first, the file inside is conversations.json",
    ],
    ["gzip", gzipSync("[]"), "it looks like a gzip file: unpack it first (gunzip)"],
    ["Parquet", Buffer.from("PAR1...."), "it looks like a Parquet file"],
    ["UTF-16 with a mark", Buffer.from("\ufeff[{}]", "utf16le"), "it is UTF-16 text"],
    ["big-endian UTF-16", Buffer.from("\ufeff[{}]", "utf16le").swap16(), "it is UTF-16 text"],
    ["UTF-16 without a mark", Buffer.from("[{}]", "utf16le"), "it looks like UTF-16 text"],
    ["something binary", Buffer.from([1, 2, 3, 0, 0, 5]), "it is binary"],
  ])("%s is told by its bytes", async (_, content, expected) => {
    const { damaged, reason } = await refusal(content);
    expect(damaged).toBe(false);
    expect(reason).toContain(expected);
  });

  it.each([
    ["", "the file is empty"],
    ["\ufeff", "the file holds nothing but white space"],
    [" \r\n\t\n", "the file holds nothing but white space"],
  ])("an empty file (%j)", async (content, expected) => {
    expect(await refusal(content)).toEqual({ damaged: false, line: undefined, reason: expected });
  });
});

describe("damaged", () => {
  const good = line(kura("a"));
  it.each([
    [
      "a line that is not JSON",
      `${good}{"chat_id": nope}\n${good}`,
      2,
      'it is not JSON from its character 13 on: "nope}"',
    ],
    [
      "a torn last line",
      good + good.slice(0, 40),
      2,
      "the file is torn: it ends inside a conversation; 1 conversation before it can be read",
    ],
    ["a torn first line", good.slice(0, 40), 1, "the file is torn"],
    ["a line that is no object", `${good}5\n`, 2, "a conversation is a JSON object, this is a number"],
    ["another kind of line", `${good}{"summary":"x"}\n`, 2, 'field "messages": a list is needed, it is nothing'],
    ["NaN", `${good}{"chat_id":"b","messages":[],"metadata":{"x":NaN}}\n`, 2, "NaN is not JSON"],
    ["a number beyond doubles", `${good}{"chat_id":"b","messages":[],"metadata":{"x":1e999}}\n`, 2, "too large"],
    ["a torn array", `[${good}, {"chat_id": "b`, 2, "the file is torn: it ends at byte"],
    [
      "an array with a broken element",
      `[\n${good},\n{"chat_id":"b",\n"messages":[}]}]`,
      5,
      'element 1 (from 0): it is not JSON from its character 29 on: "}]"',
    ],
    [
      "an element that is no conversation",
      `[${good.trim()},null]`,
      1,
      "element 1 (from 0): a conversation is a JSON object, this is null",
    ],
    [
      "a field in an array of one line",
      JSON.stringify([kura("a"), { ...kura("b"), created_at: "soon" }]),
      1,
      'element 1 (from 0): field "created_at": an ISO',
    ],
    ["a fault beside a text that has NaN in it", `{"chat_id":"a","messages":[],"x":[", NaN",01]}\n`, 1, 'on: "01]}"'],
    ["two objects on one line", good.trim() + good, 1, "behind the value on this line there is more"],
    ["lines that end with a carriage return alone", `${good.trim()}\r${good.trim()}`, 1, "there is more"],
    ["files joined with their byte order marks", `${good}\ufeff${good}`, 2, "a byte order mark stands inside the file"],
    ["zeros at the end, as after a power cut", `${good}\0\0\0\0`, 2, 'from its character 1 on: "\\u0000'],
    ["a torn array that has nothing", "[", 1, "it ends at byte 1 after 0 elements"],
    ["something behind an array", `[${good}] xyz`, 2, 'the array ends after 1 element, and something follows: "xyz"'],
    [
      "another format further on",
      good + line({ uuid: "c", chat_messages: [] }),
      2,
      "it looks like claude, and the file begins as kura-jsonl: field",
    ],
    ["a 30th of February", line({ ...kura("a"), created_at: "2025-02-30T00:00:00" }), 1, "an ISO 8601 time"],
    ["a lost quotation mark", `[\n${good},\n{"chat_id:"b"}]`, 4, "a quotation mark may be missing"],
    ["a torn list in an object", `{"data":[${good},{"chat_id":"b"`, 2, "the file is torn"],
    ["an object torn behind its list", `{"data":[${good}] `, 2, 'it ends after the list "data", without'],
    ["an object broken behind its list", `{"data":[${good}], oops}`, 2, 'what follows the list "data" is not JSON'],
    ["a torn object over many lines", '{\n"chat_id":"a",\n"messages":[', 1, "the file is torn"],
    [
      "objects over many lines, one after the other",
      `{\n"a":1\n}\n{\n"a":2\n}`,
      4,
      "a file of several objects has one on each line",
    ],
  ])("%s", async (_, content, at, expected) => {
    const { damaged, line: found, reason } = await refusal(content);
    expect(reason).toContain(expected);
    expect([damaged, found]).toEqual([true, at]);
  });

  it("bytes that are not UTF-8, with the line", async () => {
    const content = Buffer.concat([Buffer.from(good), Buffer.from('{"chat_id":"b\xe9"}\n', "latin1")]);
    expect(await refusal(content)).toEqual({ damaged: true, line: 2, reason: "it is not UTF-8; convert it" });
  });

  const node = (message: unknown, parent: unknown = null) => ({ message, parent });
  const said = (parts: unknown, author: unknown = { role: "user" }) => ({
    author,
    content: { content_type: "text", parts },
  });
  it.each([
    [
      {
        ...kura("a"),
        messages: [
          { role: "user", content: "x" },
          { role: "user", content: 5 },
        ],
      },
      "messages[1].content",
      "a text or a list of parts is needed, it is 5",
    ],
    [{ ...kura("a"), messages: [{ content: "x" }] }, "messages[0].role", "a text is needed, it is nothing"],
    [
      { ...kura("a"), messages: [{ role: "user" }] },
      "messages[0].content",
      "a text or a list of parts is needed, it is nothing",
    ],
    [{ messages: [{ role: "user", text: "x" }] }, "messages[0].content", "it is nothing"],
    [{ conversations: [{ from: "human", text: "x" }] }, "conversations[0].value", "it is nothing"],
    [{ uuid: "a", chat_messages: [{ sender: "human" }] }, "chat_messages[0].text", "it is nothing"],
    [{ ...kura("a"), messages: ["hi"] }, "messages[0]", 'an object is needed, it is the text "hi"'],
    [{ ...kura("a"), created_at: "soon" }, "created_at", "an ISO 8601 time"],
    [{ ...kura("a"), metadata: [] }, "metadata", "an object is needed, it is a list of 0"],
    [{ ...kura("a"), chat_id: true }, "chat_id", "a text or an integer is needed, it is true"],
    [{ ...kura("a"), chat_id: {} }, "chat_id", "a text or an integer is needed"],
    [
      { ...kura("a"), metadata: "vip" },
      "metadata",
      'it is the text "vip"; make it one ({ "note": … }), or leave it out',
    ],
    [{ uuid: "a", name: 5, chat_messages: [] }, "name", "a text is needed, it is 5"],
    [{ uuid: "a", chat_messages: [{ sender: 1 }] }, "chat_messages[0].sender", "a text is needed, it is 1"],
    [
      { uuid: "a", chat_messages: [{ sender: "human", content: [{ type: "text", text: 1 }] }] },
      "chat_messages[0].content[0].text",
      "it is 1",
    ],
    [{ mapping: { a: node(said("x")) } }, "mapping.a.message.content.parts", "a list is needed"],
    [{ mapping: { a: node(said(["x"], {})) } }, "mapping.a.message.author.role", "a text is needed"],
    [{ mapping: { a: node(null, "gone") } }, "mapping.a.parent", 'it is "gone", and mapping has no such node'],
    [
      { mapping: { a: node(null, "b"), b: node(null, "a") }, current_node: "a" },
      "mapping.a.parent",
      "lead in a circle",
    ],
    [{ mapping: {}, current_node: "x" }, "current_node", "mapping has no such node"],
    [
      { messages: [{ role: "user", content: ["x", 7] }] },
      "messages[0].content[1]",
      "a text or an object is needed, it is 7",
    ],
    [{ messages: [{ role: "user", content: "x" }], id: {} }, "id", "a text or an integer is needed"],
    [
      {
        conversations: [
          { from: "human", value: "x" },
          { from: 1, value: "y" },
        ],
      },
      "conversations[1].from",
      "a text is needed, it is 1",
    ],
    [
      { conversations: [{ from: "human", value: 3 }] },
      "conversations[0].value",
      "a text or a list of parts is needed, it is 3",
    ],
  ])("%j names the field", async (value, field, expected) => {
    const { damaged, line: at, reason } = await refusal(line(value));
    expect([damaged, at]).toEqual([true, 1]);
    expect(reason).toContain(`field "${field}": `);
    expect(reason).toContain(expected);
  });

  it.each(["1.5", '"x"'])("nesting that could not be saved is refused where it is read (around %s)", async (leaf) => {
    const nested = (depth: number) => {
      const value = "[".repeat(depth) + leaf + "]".repeat(depth);
      return line({ ...kura("a"), metadata: { x: "?" } }).replace('"?"', value);
    };
    expect((await collect(inputFile(nested(499)))).length).toBe(1);
    const { damaged, line: at, reason } = await refusal(nested(500));
    expect([damaged, at]).toEqual([true, 1]);
    expect(reason).toMatch(/^field "metadata.*": it is nested more than 500 deep$/);
    expect(reason.length).toBeLessThan(200);
  });

  it("nesting that no program takes is an error, not a crash", async () => {
    const deep = `${'{"a":['.repeat(100_000)}${"]}".repeat(100_000)}`;
    const { damaged } = await refusal(`{"chat_id":"a","messages":[],"metadata":{"x":1.5,"deep":${deep}}}\n`);
    expect(damaged).toBe(true);
  });
});

describe("no file", () => {
  it("a missing file, or one below a file", async () => {
    const missing = join(inputDirectory(), "conversations.json");
    expect(await failureOf(collect(missing))).toMatchObject({
      name: "InputError",
      damaged: false,
      message: expect.stringMatching(/there is no such file$/),
    });
    const below = join(inputFile("[]"), "x");
    expect(await failureOf(collect(below))).toMatchObject({
      name: "InputError",
      message: expect.stringContaining("no such file"),
    });
  });

  it("a directory says which file to give, if it has one", async () => {
    const directory = inputDirectory();
    expect(await failureOf(collect(directory))).toMatchObject({
      name: "InputError",
      message: expect.stringMatching(/it is a directory; give the file/),
    });
    for (const name of ["conversations.json", "other.json"]) writeFileSync(join(directory, name), "[]");
    const message = ((await failureOf(collect(directory))) as Error).message;
    expect(message).toContain(
      `it is a directory; it holds conversations.json: give "${join(directory, "conversations.json")}"`,
    );
  });

  // The superuser may read everything.
  it.skipIf(process.getuid?.() === 0 || process.platform === "win32")("a file that may not be read", async () => {
    const path = inputFile("[]");
    chmodSync(path, 0);
    expect(await failureOf(collect(path))).toBeInstanceOf(StorageError);
  });

  it("what the system says on opening is put in words; other errors stay", async () => {
    const system = (code: string) => Object.assign(new Error(code), { code, errno: -1 });
    expect(await openError("x", system("EACCES"))).toMatchObject({
      name: "StorageError",
      code: "EACCES",
      message: expect.stringContaining("permission is denied"),
    });
    expect(await openError("x", system("EWEIRD"))).toMatchObject({
      message: expect.stringContaining("the system says EWEIRD"),
    });
    const directory = join(inputDirectory(), "d");
    mkdirSync(directory);
    expect(await openError(directory, system("EISDIR"))).toMatchObject({
      name: "InputError",
      message: expect.stringContaining("it is a directory"),
    });
    const other = new Error("other");
    expect(await openError("x", other)).toBe(other);
  });

  it.skipIf(process.platform === "win32")(
    "a pipe that nobody writes to is waited for until that is stopped",
    async () => {
      const pipe = join(inputDirectory(), "pipe");
      execFileSync("mkfifo", [pipe]);
      const stop = new AbortController();
      const opening = openInput(pipe, { signal: stop.signal });
      stop.abort(new Error("enough"));
      await expect(opening).rejects.toThrow("enough");
      // The system waits on; nothing else would end this process.
      const { open } = await import("node:fs/promises");
      await (await open(pipe, "w")).close();
    },
  );

  it.skipIf(process.platform === "win32")("a pipe is a file like any other, of unknown length", async () => {
    const pipe = join(inputDirectory(), "pipe");
    execFileSync("mkfifo", [pipe]);
    const { open } = await import("node:fs/promises");
    const writing = (async () => {
      const handle = await open(pipe, "w");
      await handle.writeFile(
        Array.from({ length: 2000 }, (_, index) => line(kura(`${index}`, "x".repeat(1000)))).join(""),
      );
      await handle.close();
    })();
    const totals = new Set<unknown>();
    const found = await collect(pipe, { onProgress: ({ bytesTotal }) => totals.add(bytesTotal) });
    await writing;
    expect([found.length, [...totals]]).toEqual([2000, [undefined]]);
  });
});
