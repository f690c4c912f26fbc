import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutConversation } from "../../src/steps/cut-conversation.js";
import { summaryQuestions, summaryRow } from "../../src/steps/summary-question.js";
import { conversation } from "./make.js";

const answer = {
  summary: "The user sorted a spreadsheet.",
  request: "Sort a spreadsheet",
  topic: "spreadsheets",
  languages: ["english"],
  task: "Sort data",
  concerning_score: 1,
  user_frustration: 2,
  assistant_errors: [],
};

describe("the question about a conversation", () => {
  it("shows who said what, and neither its id nor its metadata", async () => {
    const { of } = await summaryQuestions();
    const asked = of({ ...conversation("chat-77", "sort this", "thanks"), metadata: { team: "blue-7" } });
    expect(asked.prompt()).toContain('<message role="user">\nsort this\n</message>');
    expect(asked.prompt()).not.toMatch(/chat-77|blue-7/);
    expect(asked).toMatchObject({ chatId: "chat-77", leftOutChars: 0 });
  });

  it("is read into the fields of a summary", async () => {
    const { of } = await summaryQuestions();
    expect(of(conversation("c", "x")).read(JSON.stringify(answer))).toEqual({ ...answer, extra: {} });
  });

  it.each([
    ["an empty summary", { summary: " " }],
    ["a score of 0", { concerning_score: 0 }],
    ["a score of 6", { user_frustration: 6 }],
    ["a score between two", { user_frustration: 2.5 }],
    ["languages that are no list", { languages: "english" }],
    ["no request", { request: undefined }],
  ])("is not answered by %s", async (_, wrong) => {
    const { of } = await summaryQuestions();
    expect(() => of(conversation("c", "x")).read(JSON.stringify({ ...answer, ...wrong }))).toThrow(/does not fit/);
  });

  it("may ask for more, which goes into metadata, after what is there", async () => {
    const extraFields = { mood: { type: "string", enum: ["good", "bad"], description: "how it went" } };
    const { of, madeFrom } = await summaryQuestions({ extraFields });
    const talk = { ...conversation("c", "x", "y"), metadata: { mood: "unknown", team: "blue", conversation_turns: 9 } };
    const asked = of(talk);
    expect(asked.prompt()).toContain("- mood: how it went");
    expect(asked.schema).toMatchObject({ properties: extraFields, required: expect.arrayContaining(["mood"]) });
    expect(madeFrom.extraFields).toEqual(extraFields);
    expect(() => asked.read(JSON.stringify({ ...answer, mood: "so so" }))).toThrow(/mood/);
    const row = summaryRow(talk, asked.read(JSON.stringify({ ...answer, mood: "good" })));
    expect(row).toEqual({
      ...answer,
      chat_id: "c",
      metadata: { conversation_turns: 9, mood: "good", team: "blue" },
      embedding: null,
    });
  });

  it.each(["summary", "chat_id", "conversation_turns"])("cannot ask for more under the name %s", async (name) => {
    await expect(summaryQuestions({ extraFields: { [name]: { type: "string" } } })).rejects.toThrow(TypeError);
  });

  it("says what made it", async () => {
    expect((await summaryQuestions()).madeFrom).toEqual({ prompt: "summary@1", maxConversationChars: 100_000 });
    const own = await summaryQuestions({ prompt: "{{ conversation }}", maxConversationChars: 500 });
    expect(own.madeFrom).toEqual({ prompt: expect.stringMatching(/^sha256:/), maxConversationChars: 500 });
  });

  it("may be somebody's own, unless it never uses the conversation", async () => {
    const { of } = await summaryQuestions({
      prompt: "Mood of: {% for m in conversation.messages %}{{ m.content }};{% endfor %}",
    });
    expect(of(conversation("c", "x")).prompt()).toBe("Mood of: x;Sure.;");
    await expect(summaryQuestions({ prompt: "Rate the mood" })).rejects.toThrow(/never uses "conversation"/);
  });

  it("keeps head and tail of a conversation that is too long, and says how much it left out", async () => {
    const { of } = await summaryQuestions({ maxConversationChars: 100 });
    const asked = of(conversation("c", `first ${"a".repeat(500)}`, `${"b".repeat(500)} last`));
    const { leftOutChars } = asked;
    const prompt = asked.prompt();
    expect(prompt).toContain("first aaa");
    expect(prompt).toContain('b last\n</message>\n<message role="assistant">\nSure.');
    expect(leftOutChars).toBe(1021 - 100);
    expect(prompt).toContain(`[${leftOutChars} characters are left out here]`);
  });

  it.each([0, 99, 1.5, Number.NaN])("cannot be cut to %d characters", async (maxConversationChars) => {
    await expect(summaryQuestions({ maxConversationChars })).rejects.toThrow(RangeError);
  });
});

describe("cutConversation", () => {
  const contents = fc.array(fc.string({ unit: "binary", maxLength: 40 }), { maxLength: 8 });
  const charsOf = (texts: readonly string[]) => texts.reduce((sum, { length }) => sum + length, 0);

  it("leaves out exactly what it says, from one place, and divides no character", () => {
    fc.assert(
      fc.property(contents, fc.integer({ min: 1, max: 100 }), (texts, maxChars) => {
        const whole = conversation("c", ...texts.map((text) => ["user", text] as const));
        const { conversation: cut, leftOutChars } = cutConversation(whole, maxChars);
        if (charsOf(texts) <= maxChars) {
          expect(leftOutChars).toBe(0);
          expect(cut).toBe(whole);
          return;
        }
        const marker = `[${leftOutChars} characters are left out here]`;
        const kept = cut.messages.map(({ content }) => content);
        const at = kept.findIndex((content) => content.includes(marker));
        const joined = kept.join("").replace(new RegExp(`\\n?${marker.replace(/[[\]]/g, "\\$&")}\\n?`), "");
        expect(at).toBeGreaterThanOrEqual(0);
        expect(charsOf(texts) - leftOutChars).toBeLessThanOrEqual(maxChars);
        expect(charsOf(texts) - leftOutChars).toBeGreaterThanOrEqual(maxChars - 2);
        const all = texts.join("");
        expect(all.startsWith(joined.slice(0, Math.floor(maxChars / 2) - 1))).toBe(true);
        expect(all.endsWith(joined.slice(joined.length - Math.floor(maxChars / 2) + 1))).toBe(true);
        for (const content of kept) expect(content.isWellFormed()).toBe(true);
      }),
      { seed: 1 },
    );
  });

  it("keeps whole messages with their roles where it does not cut", () => {
    const whole = conversation("c", ["user", "aaaa"], ["tool", "x".repeat(100)], ["assistant", "bbbb"]);
    const { conversation: cut } = cutConversation(whole, 8);
    expect(cut.messages.map(({ role, content }) => [role, content])).toEqual([
      ["user", "aaaa"],
      ["tool", "[100 characters are left out here]"],
      ["assistant", "bbbb"],
    ]);
  });
});
