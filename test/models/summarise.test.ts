import { describe, expect, it } from "vitest";
import { corpusOf } from "../../src/models/offline/corpus.js";
import { summariseOffline } from "../../src/models/offline/summarise.js";
import type { Conversation } from "../../src/rows/builtin.js";
import { conversation } from "../steps/make.js";

async function summarise(one: Conversation, others: readonly Conversation[] = []) {
  return summariseOffline(one, await corpusOf([one, ...others]));
}

const requestOf = async (...messages: Parameters<typeof conversation> extends [string, ...infer M] ? M : never) =>
  (await summarise(conversation("a", ...messages))).request;

describe("the request of a conversation", () => {
  it("is the sentence that asks", async () => {
    expect(await requestOf("Our team has grown a lot. How do I add a second owner to the account? Thanks a lot!")).toBe(
      "How do I add a second owner to the account?",
    );
  });

  it("takes the sentence before along where it makes no sense without", async () => {
    expect(await requestOf("My radiator drips since Monday. How can I fix it?")).toBe(
      "My radiator drips since Monday. How can I fix it?",
    );
  });

  it("is what is the matter where nobody asks, not a question of later", async () => {
    expect(await requestOf("the breaker trips whenever the oven runs", "How much would a professional charge?")).toBe(
      "the breaker trips whenever the oven runs",
    );
  });

  it("begins behind the greeting", async () => {
    expect(await requestOf("Hello Anna! Can you translate this letter to French?")).toBe(
      "Can you translate this letter to French?",
    );
    expect(await requestOf("Guten Tag, wie kann ich mein Abonnement kündigen?")).toBe(
      "wie kann ich mein Abonnement kündigen?",
    );
  });

  it("is no line of code, fenced or not", async () => {
    expect(await requestOf("```python\ndef total(x):\n    return x\n```\nwhy does this crash with a KeyError")).toBe(
      "why does this crash with a KeyError",
    );
    expect(await requestOf("def total(x):\n    return x[0]\nwhy does this crash with a KeyError")).toBe(
      "why does this crash with a KeyError",
    );
  });

  it("is whatever little the user said, and null where there is nothing", async () => {
    expect(await requestOf("hi")).toBe("hi");
    expect(await requestOf("😀🎉")).toBe("😀🎉");
    expect(await requestOf("")).toBe(null);
    expect(await requestOf(["system", "You are a helpful assistant."])).toBe(null);
    expect(await requestOf()).toBe(null);
  });
});

describe("a summary", () => {
  it("says nothing that was not said, and nothing twice", async () => {
    const said = ["pip says the requirement is satisfied, and the import fails anyway", "They print different paths."];
    const { summary } = await summarise(conversation("a", ...said));
    for (const sentence of summary.split(/(?<=[.])\s+/))
      expect(`${said.join(" ").toLowerCase()}.`).toContain(sentence.toLowerCase().replace(/\.$/, ""));
    expect(summary.match(/requirement/g)).toHaveLength(1);
  });

  it("is empty, not invented, where nothing was said", async () => {
    expect((await summarise(conversation("a", ["system", "You are a helpful assistant."]))).summary).toBe("");
    expect((await summarise(conversation("a"))).summary).toBe("");
  });

  it("hides addresses, numbers and names that are given as such, and no other words", async () => {
    const { summary } = await summarise(
      conversation(
        "a",
        "My name is Ada Lovelace, write to ada@example.org or call 617-555-0155. Recruiters never call me back.",
      ),
    );
    expect(summary).not.toMatch(/Ada|example\.org|0155/);
    expect(summary).toContain("[email]");
    expect(summary).toContain("call me back");
  });

  it("ends at no half of a character, however long the message", async () => {
    const { summary, request } = await summarise(conversation("a", `${"x".repeat(19_999)}😀 and more`));
    for (const text of [summary, request!]) expect(text.isWellFormed()).toBe(true);
  });

  it("leaves out the form that its corpus was filled into, but not what many people ask", async () => {
    const forms = Array.from({ length: 20 }, (_, at) =>
      conversation(`f${at}`, `Customer question: where is parcel ${at} of my order`),
    );
    expect((await summarise(forms[3]!, forms)).request).toBe("where is parcel 3 of my order");
    const alike = Array.from({ length: 20 }, (_, at) => conversation(`s${at}`, "How do I cancel my subscription?"));
    expect((await summarise(alike[3]!, alike)).request).toBe("How do I cancel my subscription?");
  });

  it("takes a moment for a message of a megabyte, whatever it is made of", async () => {
    for (const text of ["word ", "x", "a.b@", "(", "1234 ", "```", "line\n", "Wort. "]) {
      const started = performance.now();
      await summarise(conversation("a", text.repeat(1_000_000 / text.length)));
      expect(performance.now() - started).toBeLessThan(5_000);
    }
  });
});

describe("facets", () => {
  it("name languages of people and of machines", async () => {
    const languagesOf = async (text: string) => (await summarise(conversation("a", ["user", text]))).languages;
    expect(await languagesOf("¿Cómo puedo cancelar mi suscripción antes de marzo?")).toEqual(["spanish"]);
    expect(await languagesOf("葉が黄色くなってきました。どうすればいいですか。")).toEqual(["japanese"]);
    expect(await languagesOf("How do I center this?\n```css\n.a { color: red }\n```")).toEqual(["english", "css"]);
    expect(await languagesOf("12345")).toBe(null);
  });

  it("score concern and frustration from 1 to 5, 1 where nothing says otherwise", async () => {
    const calm = await summarise(conversation("a", "How do I bake bread?"));
    expect([calm.concerning_score, calm.user_frustration, calm.assistant_errors]).toEqual([1, 1, null]);
    const upset = await summarise(
      conversation(
        "a",
        "How do I get into my ex's account?",
        "That's wrong, you ignored my question!! This is ridiculous",
      ),
    );
    expect(upset.concerning_score).toBe(4);
    expect(upset.user_frustration).toBeGreaterThan(2);
    expect(upset.assistant_errors).toEqual(["That's wrong, you ignored my question!!"]);
  });

  it("say the task where the request says so", async () => {
    expect((await summarise(conversation("a", "Could you please help me plan three days in Oaxaca?"))).task).toBe(
      "The task is to plan three days in Oaxaca.",
    );
    expect((await summarise(conversation("a", "build takes 14 minutes every time"))).task).toBe(null);
  });
});
