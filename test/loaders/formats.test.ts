import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { detectFormat } from "../../src/loaders/detect-format.js";
import { LOADER_NAMES } from "../../src/loaders/loaders.js";
import { collect, collectWithWarnings, inputFile } from "./collect.js";

const FIXTURES = fileURLToPath(new URL("../fixtures/loaders/", import.meta.url));

it("each fixture is detected as what it is, and each format has a fixture", async () => {
  const found: Record<string, string> = {};
  for (const name of readdirSync(FIXTURES).sort()) {
    const { format, why } = await detectFormat(FIXTURES + name);
    found[name] = `${format}: ${why}`;
  }
  expect(found).toEqual({
    "chatgpt.json": "chatgpt: the first element of its array has mapping",
    "claude.json": "claude: the first element of its array has chat_messages",
    "kura.json": "kura-json: the first element of its array has chat_id and messages, in an array",
    "kura.jsonl": "kura-jsonl: its first line has chat_id and messages, one object a line",
    "openai-messages.jsonl": "openai-messages: its first line has messages with role and content",
    "sharegpt.json": "sharegpt: the first element of its array has conversations with from and value",
  });
  expect(new Set(Object.values(found).map((text) => text.split(":")[0]))).toEqual(new Set(LOADER_NAMES));
});

it("kura-jsonl keeps times, roles and large integers, fills null contents and skips blank lines", async () => {
  const { found, warnings } = await collectWithWarnings(`${FIXTURES}kura.jsonl`);
  expect(found).toEqual([
    {
      chat_id: "k-1",
      created_at: "2025-03-04T05:06:07.000120+05:30",
      messages: [
        {
          created_at: "2025-03-04T05:06:07.000120+05:30",
          role: "user",
          content: "My sourdough smells of acetone.\nIs it dead?",
        },
        {
          created_at: "2025-03-04T05:06:09",
          role: "assistant",
          content: 'No: it is hungry. Feed it "1:5:5" tonight.',
        },
      ],
      metadata: { ticket: 9007199254740993n, score: 1, 10: "ten", 2: "two" },
    },
    {
      chat_id: "k-2",
      created_at: "2025-03-04T05:06:07Z",
      messages: [{ created_at: "2025-03-04 05:06:07Z", role: "tool", content: "" }],
      metadata: {},
    },
    { chat_id: "k-3", created_at: "2025-03-04T05:06:07Z", messages: [], metadata: { plan: "free" } },
  ]);
  expect(found.map((one) => Object.keys(one).join())).toEqual(Array(3).fill("chat_id,created_at,messages,metadata"));
  expect(Object.keys(found[1]!.messages[0]!)).toEqual(["created_at", "role", "content"]);
  expect(warnings).toEqual(["no messages; kept as it is: 1 conversation, at line 4"]);
});

it("kura-json reads what Python's json.dump writes", async () => {
  expect(await collect(`${FIXTURES}kura.json`)).toEqual([
    {
      chat_id: "p-1",
      created_at: "2025-06-10T12:34:56.789000+00:00",
      messages: [
        { created_at: "2025-06-10T12:34:56.789000+00:00", role: "user", content: "¿Dónde guardo la bici? 🚲" },
        {
          created_at: "2025-06-10T12:35:01+00:00",
          role: "assistant",
          content: "En el patio, junto a [los] {cubos}.",
        },
      ],
      metadata: { weights: [1, 2.5], ok: true },
    },
    { chat_id: "p-2", created_at: "2025-06-11T00:00:00", messages: [], metadata: {} },
  ]);
});

it("claude sorts by instant with the human first, joins text parts, and keeps the title as metadata", async () => {
  const { found, warnings } = await collectWithWarnings(`${FIXTURES}claude.json`);
  expect(warnings).toEqual([
    'a part of type "thinking" is left out of its message: 1 conversation, at element 0 (from 0)',
    'a part of type "tool_use" is left out of its message: 1 conversation, at element 0 (from 0)',
    "attachments of a message are left out: 1 conversation, at element 0 (from 0)",
    'a part of type "tool_result" is left out of its message: 1 conversation, at element 0 (from 0)',
    "no messages; kept as it is: 1 conversation, at element 2 (from 0)",
  ]);
  expect(found).toEqual([
    {
      chat_id: "c-1",
      created_at: "2025-01-02T03:04:05.678901Z",
      messages: [
        {
          created_at: "2025-01-02T04:04:06.000001+01:00",
          role: "user",
          content: "How much sugar for rhubarb jam?",
        },
        { created_at: "2025-01-02T03:04:06.000001Z", role: "assistant", content: "Equal parts\nby weight." },
        { created_at: "2025-01-02T03:04:06.000002Z", role: "assistant", content: "" },
      ],
      metadata: { title: "Rhubarb jam" },
    },
    {
      chat_id: "c-2",
      created_at: "2024-05-05T00:00:00+00:00",
      messages: [{ created_at: "2024-05-05T00:00:00+00:00", role: "user", content: "old exports have text only" }],
      metadata: {},
    },
    { chat_id: "c-3", created_at: "2024-05-06T00:00:00Z", messages: [], metadata: {} },
  ]);
});

it("claude keeps the file's order where times are equal, and roles that are none of the two", async () => {
  const at = "2025-01-01T00:00:00Z";
  const said = (sender: string, text: string, created_at = at) => ({ sender, text, created_at });
  const rolesOf = async (...chat_messages: object[]) => {
    const [found] = await collect(inputFile(JSON.stringify([{ uuid: "c", chat_messages }])));
    return found!.messages.map(({ role, content }) => `${role} ${content}`);
  };
  const four = ["human 1", "assistant 2", "human 3", "assistant 4"].map((text) => text.split(" ") as [string, string]);
  expect(await rolesOf(...four.map(([sender, text]) => said(sender, text)))).toEqual([
    "user 1",
    "assistant 2",
    "user 3",
    "assistant 4",
  ]);
  const early = "2024-12-31T23:59:59Z";
  expect(await rolesOf(said("assistant", "2"), said("human", "1"), said("system", "0", early))).toEqual([
    "system 0",
    "user 1",
    "assistant 2",
  ]);
});

it("chatgpt follows current_node, or takes the last leaf, and leaves out what nobody saw", async () => {
  const { found, warnings } = await collectWithWarnings(`${FIXTURES}chatgpt.json`);
  expect(warnings).toEqual([
    "other branches (prompts edited, answers made anew) are left out: 2 conversations, the first at element 0 (from 0)",
    'a message of type "thoughts" has no text and is left out: 1 conversation, at element 0 (from 0)',
    'a part of type "image_asset_pointer" is no text; [image] stands for it: 1 conversation, at element 0 (from 0)',
    "current_node is missing; the branch of the last leaf is read: 1 conversation, at element 1 (from 0)",
    "no messages; kept as it is: 1 conversation, at element 2 (from 0)",
  ]);
  expect(found).toEqual([
    {
      chat_id: "g-1",
      created_at: "2025-01-07T00:23:20.123456Z",
      messages: [
        { created_at: "2025-01-07T00:23:22.000001Z", role: "user", content: "[image]\nWhy does my chain skip?" },
        { created_at: "2025-01-07T00:23:24Z", role: "assistant", content: "12.7 * 10" },
        { created_at: "2025-01-07T00:23:25Z", role: "tool", content: "127.0" },
        {
          created_at: "2025-01-07T00:23:26.250000Z",
          role: "assistant",
          content: "It is worn: ten links measure more than 127 mm.",
        },
      ],
      metadata: { title: "Bike chain", model: "gpt-4o" },
    },
    {
      chat_id: "g-2",
      created_at: "2024-02-01T00:00:00Z",
      messages: [
        { created_at: "2024-02-01T00:00:00Z", role: "user", content: "Capital of Mongolia?" },
        { created_at: "2024-02-01T00:00:20.999999Z", role: "assistant", content: "Ulaanbaatar" },
      ],
      metadata: {},
    },
    { chat_id: "g-3", created_at: "2024-02-01T00:00:00Z", messages: [], metadata: { title: "New chat" } },
  ]);
});

it("openai-messages keeps every role, marks what is not text, and keeps scalars as metadata", async () => {
  const { found, warnings } = await collectWithWarnings(`${FIXTURES}openai-messages.jsonl`);
  const at = { created_at: "2024-06-10T06:13:20Z" };
  expect(found[0]).toEqual({
    chat_id: "o-1",
    ...at,
    messages: [
      { ...at, role: "developer", content: "Be brief." },
      { ...at, role: "user", content: "What is on this label?\n[image]" },
      { ...at, role: "assistant", content: "[tool call: read_label]" },
      { ...at, role: "tool", content: "Oat milk" },
      { ...at, role: "assistant", content: "Oat milk." },
    ],
    metadata: { model: "ours", temperature: 0.5, seed: 9007199254740993n, stream: false, team: "labels" },
  });
  expect(found[3]).toEqual({
    chat_id: "17",
    created_at: "2025-02-03T00:00:00",
    messages: [
      { created_at: "2025-02-03T00:00:00.123000Z", role: "user", content: "seventeen" },
      { created_at: "2025-02-03T00:00:00", role: "assistant", content: "yes" },
    ],
    metadata: {},
  });
  // Ids and times that are not there: from the content, the same on every machine and at every hour.
  const never = "1970-01-01T00:00:00";
  const messages = [
    [never, "user", "hello"],
    [never, "assistant", "hi"],
  ];
  const hash = createHash("sha256")
    .update(JSON.stringify([never, messages]))
    .digest("hex")
    .slice(0, 32);
  expect(found.slice(1, 3).map(({ chat_id, created_at }) => [chat_id, created_at])).toEqual([
    [hash, never],
    [`${hash}-2`, never],
  ]);
  expect(hash).toBe("4a811452c94a63565d2ac2cf547bf3f0");
  expect(warnings).toEqual([
    'a part of type "image_url" is no text; [image] stands for it: 1 conversation, at line 1',
    "a tool call is kept by its name only: 1 conversation, at line 1",
    'field "tool_call_id" of a message is left out: 1 conversation, at line 1',
    'field "model" is left out, since metadata has one of that name: 1 conversation, at line 1',
    'field "tools" is neither text nor number and is left out: 1 conversation, at line 1',
    "no time; 1970-01-01T00:00:00 stands for it: 2 conversations, the first at line 2",
    "no id; one is made from the content: 2 conversations, the first at line 2",
  ]);
});

it("sharegpt names the two sides as Kura does and keeps all other roles", async () => {
  const found = await collect(`${FIXTURES}sharegpt.json`);
  expect(found.map(({ chat_id, metadata }) => [chat_id.length > 10 ? "made" : chat_id, metadata])).toEqual([
    ["s-1", { source: "forum" }],
    ["made", {}],
    ["s-3", {}],
  ]);
  expect(found.map(({ messages }) => messages.map(({ role, content }) => `${role}: ${content}`))).toEqual([
    ["system: You are a gardener.", "user: When do I prune roses?", "assistant: Late winter.", "observation: frost"],
    ["user: Tulips?", "assistant: In autumn."],
    [],
  ]);
});
