import { expect, it } from "vitest";
import { detectFormat } from "../../src/loaders/detect-format.js";
import { type LoadProgress, loadConversations } from "../../src/loaders/load-conversations.js";
import { collect, collectWithWarnings, failureOf, inputFile, kura, line } from "./collect.js";

const ids = async (path: string) => (await collect(path)).map(({ chat_id }) => chat_id);

it("a byte order mark, CRLF and space around are no hindrance", async () => {
  expect(
    await ids(inputFile(`\ufeff${[kura("a"), kura("b")].map((one) => `${JSON.stringify(one)}\r\n`).join("")}\r\n`)),
  ).toEqual(["a", "b"]);
  expect(await ids(inputFile(`\ufeff\r\n [${JSON.stringify(kura("a"))}]\r\n`))).toEqual(["a"]);
});

it("one conversation that is no list is read, on one line or on many", async () => {
  expect(await ids(inputFile(JSON.stringify(kura("a"))))).toEqual(["a"]);
  expect(await ids(inputFile(`\n${JSON.stringify(kura("a"), undefined, 2)}\n`))).toEqual(["a"]);
  const sharegpt = { id: "s", conversations: [{ from: "human", value: "hi" }] };
  expect(await detectFormat(inputFile(JSON.stringify(sharegpt, undefined, 2)))).toEqual({
    format: "sharegpt",
    why: "its one object has conversations with from and value",
  });
});

it.each([undefined, 2])("a list inside an object is read, whatever its name (indent %s)", async (indent) => {
  const wrapped = { version: 2, tags: ["x"], conversations: [kura("a"), kura("b")], exported: { by: "us" }, more: [] };
  expect(await ids(inputFile(JSON.stringify(wrapped, undefined, indent)))).toEqual(["a", "b"]);
  expect(await ids(inputFile(JSON.stringify({ data: [kura("a")] }, undefined, indent)))).toEqual(["a"]);
  const sharegpt = { conversations: [{ conversations: [{ from: "human", value: "hi" }] }] };
  expect((await detectFormat(inputFile(JSON.stringify(sharegpt, undefined, indent)))).format).toBe("sharegpt");
});

it("two lists of conversations in one object are refused, after the first", async () => {
  const path = inputFile(JSON.stringify({ active: [kura("a")], archived: [kura("b")] }));
  expect(await failureOf(collect(path))).toMatchObject({
    name: "InputError",
    damaged: false,
    message: expect.stringContaining('both "active" and "archived" hold conversations'),
  });
});

it("conversations longer than what is read at once come out whole, in every layout", async () => {
  const long = "Ein langer Satz über Enten 🦆. ".repeat(60_000); // 2 MB
  const all = [kura("a", long), kura("b", `${long}"\\`), kura("c")];
  for (const text of [
    all.map(line).join(""),
    JSON.stringify(all),
    JSON.stringify({ data: all }),
    JSON.stringify(all, undefined, 1),
  ]) {
    expect(await collect(inputFile(text))).toEqual(all);
  }
});

it("limit stops reading: what is behind is not looked at", async () => {
  const path = inputFile(`${line(kura("a"))}${line(kura("b"))}not JSON`);
  expect((await collect(path, { limit: 2 })).length).toBe(2);
  expect(await failureOf(collect(path, { limit: 3 }))).toMatchObject({ line: 3 });
});

it("each iteration reads the file anew", async () => {
  const conversations = loadConversations(inputFile(line(kura("a"))));
  for (let turn = 0; turn < 2; turn++) {
    const found = [];
    for await (const one of conversations) found.push(one.chat_id);
    expect(found).toEqual(["a"]);
  }
});

it("progress counts bytes up to the file's length", async () => {
  const text = Array.from({ length: 30 }, (_, index) => line(kura(`${index}`, "x".repeat(100_000)))).join("");
  const seen: LoadProgress[] = [];
  await collect(inputFile(text), { onProgress: (progress) => seen.push(progress) });
  expect(seen.length).toBeGreaterThan(3);
  expect(seen.every(({ bytesTotal }) => bytesTotal === text.length)).toBe(true);
  expect(seen.map(({ bytesRead }) => bytesRead)).toEqual(seen.map(({ bytesRead }) => bytesRead).sort((a, b) => a - b));
  expect(seen.at(-1)).toEqual({ bytesRead: text.length, bytesTotal: text.length, conversations: 30 });
});

it("an aborted load stops with the reason", async () => {
  const stop = new AbortController();
  const path = inputFile(
    Array.from({ length: 30 }, (_, index) => line(kura(`${index}`, "x".repeat(100_000)))).join(""),
  );
  let count = 0;
  const reading = (async () => {
    for await (const _ of loadConversations(path, { signal: stop.signal }))
      if (++count === 2) stop.abort(new Error("enough"));
  })();
  expect(await failureOf(reading)).toMatchObject({ message: "enough" });
  expect(count).toBeLessThan(30);
});

it("misuse is refused at the call", () => {
  expect(() => loadConversations("x", { formt: "claude" } as never)).toThrow(
    /option "formt": there is none; there are format/,
  );
  expect(() => loadConversations("x", { format: "csv" as never })).toThrow(/as "csv": formats are auto, kura-jsonl/);
  expect(() => loadConversations("x", { format: "toString" as never })).toThrow(TypeError);
  for (const limit of [0, -1, 1.5, Number.NaN]) expect(() => loadConversations("x", { limit })).toThrow(RangeError);
});

it("a wanted format is checked against the file", async () => {
  const path = inputFile(line(kura("a")));
  expect((await collect(path, { format: "kura-jsonl" })).length).toBe(1);
  expect(await failureOf(collect(path, { format: "claude" }))).toMatchObject({
    damaged: false,
    message: expect.stringContaining("it is not claude (chat_messages): it looks like kura-jsonl"),
  });
  // A Kura file is a list of messages with roles, too.
  expect((await collect(path, { format: "openai-messages" })).length).toBe(1);
});

it("an id that is empty or null is none, in Kura's files too: one is made from the content", async () => {
  const rows = ["a", "", null].map((chat_id) => ({ ...kura("a", `of ${chat_id}`), chat_id }));
  const { found, warnings } = await collectWithWarnings(inputFile(rows.map((row) => line(row)).join("")));
  expect(found.map(({ chat_id }) => chat_id)).toEqual([
    "a",
    expect.stringMatching(/^[0-9a-f]{32}$/),
    expect.stringMatching(/^[0-9a-f]{32}$/),
  ]);
  expect(warnings).toEqual([expect.stringContaining("no id; one is made from the content")]);
});

it("an empty list is refused as an empty file is", async () => {
  for (const text of ["[]", " [ \n ] "]) {
    expect(await failureOf(collectWithWarnings(inputFile(text)))).toMatchObject({
      name: "InputError",
      damaged: false,
      message: expect.stringContaining("it holds an empty list: there are no conversations in it"),
    });
  }
  expect(await failureOf(detectFormat(inputFile("[]")))).toMatchObject({ name: "InputError", damaged: false });
});

it("the same id twice is refused with both places", async () => {
  const lines = inputFile(`${line(kura("a"))}\n${line(kura("b"))}${line(kura("a"))}`);
  expect(await failureOf(collect(lines))).toMatchObject({
    damaged: true,
    line: 4,
    message: expect.stringContaining('"a" is the id of two conversations, line 1 and line 4'),
  });
  const array = inputFile(JSON.stringify([kura("a"), kura("b"), kura("b")]));
  expect(await failureOf(collect(array))).toMatchObject({
    message: expect.stringContaining("element 1 (from 0) and element 2 (from 0)"),
  });
});

it("an id in the file that is the one we make counts as taken, wherever it stands", async () => {
  const plain = { messages: [{ role: "user", content: "hello" }] };
  const [made] = await ids(inputFile(line(plain)));
  expect(await ids(inputFile(line({ ...plain, id: made }) + line(plain) + line(plain)))).toEqual([
    made,
    `${made}-2`,
    `${made}-3`,
  ]);
  expect(await failureOf(ids(inputFile(line(plain) + line({ ...plain, id: made }))))).toMatchObject({
    message: expect.stringContaining("line 1 and line 2"),
  });
});

it("made ids depend on roles, contents and times, and on nothing else", async () => {
  const id = async (value: unknown) => (await ids(inputFile(line(value))))[0];
  const said = (content: string, role = "user") => ({ messages: [{ role, content }] });
  const base = await id(said("hello"));
  expect(base).toMatch(/^[0-9a-f]{32}$/);
  expect(await id({ model: "other", ...said("hello") })).toBe(base);
  expect(await id({ conversations: [{ from: "human", value: "hello" }] })).toBe(base);
  const others = await Promise.all([
    id(said("hello ")),
    id(said("hello", "tool")),
    id({ ...said("hello"), created: 1 }),
  ]);
  expect(new Set([base, ...others]).size).toBe(4);
});

it("half of a surrogate pair is replaced, everywhere, and told", async () => {
  const text = String.raw`{"chat_id":"a\ud83d","created_at":"2025-01-01T00:00:00","messages":[{"role":"user","content":"cut \ud83d"},{"role":"user","content":"whole \ud83e\udd86"}],"metadata":{"k\udc00":["x\udc00"],"n":12345678901234567890}}`;
  const { found, warnings } = await collectWithWarnings(inputFile(text));
  expect(found[0]).toMatchObject({
    chat_id: "a\ufffd",
    metadata: { "k\ufffd": ["x\ufffd"], n: 12345678901234567890n },
  });
  expect(found[0]!.messages.map(({ content }) => content)).toEqual(["cut \ufffd", "whole 🦆"]);
  expect(warnings).toEqual([
    "half of a surrogate pair, which is not Unicode, was replaced by U+FFFD: 1 conversation, at line 1",
  ]);
});

it("names such as __proto__ are names like any other", async () => {
  const text =
    '{"__proto__":"x","constructor":5,"messages":[{"role":"__proto__","content":"hi"}],"metadata":{"__proto__":1}}';
  const [found] = await collect(inputFile(text));
  expect(Object.entries(found!.metadata)).toEqual([
    ["__proto__", 1],
    ["constructor", 5],
  ]);
  expect(Object.getPrototypeOf(found!.metadata)).toBe(Object.prototype);
  expect(found!.messages[0]!.role).toBe("__proto__");
  const shared = '{"conversations":[{"from":"constructor","value":"hi"}]}';
  expect((await collect(inputFile(shared)))[0]!.messages[0]!.role).toBe("constructor");
});

it("what a message has beside its text is left out and told, once for each conversation", async () => {
  const message = { role: "user", content: "x", name: "ann", refusal: null, annotations: [] };
  const { found, warnings } = await collectWithWarnings(
    inputFile(line({ id: "a", created: 1_700_000_000, messages: [message, message] })),
  );
  expect(found[0]!.messages.map(({ content }) => content)).toEqual(["x", "x"]);
  expect(warnings).toEqual(['field "name" of a message is left out: 1 conversation, at line 1']);
});

it("a conversation that is refused adds no warnings", async () => {
  const warnings: string[] = [];
  const path = inputFile(line(kura("a")) + line({ uuid: "c", chat_messages: [] }));
  await failureOf(collect(path, { onWarning: (message) => warnings.push(message) }));
  expect(warnings).toEqual([]);
});

it("what stands beside a list of conversations is told, before it and behind it", async () => {
  const beside = Object.fromEntries([..."abcdefghij"].map((name) => [name, 1]));
  const text = JSON.stringify({ version: 2, users: [{ id: 1 }], conversations: [kura("a")], ...beside });
  expect((await collectWithWarnings(inputFile(text))).warnings).toEqual([
    'what stands beside the list "conversations" is left out: version, users, a, b, c, d, e, f and 4 more',
  ]);
  expect((await collectWithWarnings(inputFile(JSON.stringify({ data: [kura("a")] })))).warnings).toEqual([]);
});

it("however many kinds of warnings a file makes, they are few, and the rest is not hidden", async () => {
  const fields = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`field${index}`, 1]));
  const { warnings } = await collectWithWarnings(inputFile(line({ ...kura("a"), ...fields })));
  expect(warnings.length).toBe(51);
  expect(warnings.at(-1)).toBe("more than these 50 kinds of things were changed or left out");
});

it("fields that Kura does not know are left out and told", async () => {
  const { found, warnings } = await collectWithWarnings(
    inputFile(line({ ...kura("a"), rating: 5 }) + line({ ...kura("b"), rating: 4 })),
  );
  expect(found).toEqual([kura("a"), kura("b")]);
  expect(warnings).toEqual(['field "rating" is none of Kura\'s and is left out: 2 conversations, the first at line 1']);
});
