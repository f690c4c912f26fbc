import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nameGroups } from "../../src/models/offline/names.js";

const repeat = (text: string, times: number) => Array.from({ length: times }, () => text);
const namesOf = async (...groups: string[][]) =>
  (await nameGroups(groups.map((members) => ({ members })))).map(({ name }) => name);

describe("the name of a group", () => {
  it("is what its members ask for, as one of many", async () => {
    expect(
      await namesOf(
        ["How do I cancel my subscription?", "Please cancel my subscription", "I want to cancel my subscription today"],
        ["Write a cover letter for a nurse", "Could you write a cover letter?", "help me write a cover letter please"],
      ),
    ).toEqual(["Cancel a subscription", "Write a cover letter"]);
  });

  it("spells words as the corpus does, whoever shouts or never uses a capital", async () => {
    const texts = [
      "how to import dates into google sheets",
      "Is there a way in Google Sheets to sort?",
      "We use Google Sheets at work",
      "HOW DO I SORT IN GOOGLE SHEETS",
    ];
    for (const name of await namesOf(texts, ["we are learning SQL joins", "what is an SQL join"]))
      expect(name).not.toMatch(/google|sheets|GOOGLE|sql|Sql/);
  });

  it("does not take capitals from headings", async () => {
    const [name] = await namesOf(
      [
        "Linking Your Best Model Registry Entry",
        "How To Use Our Model Registry",
        "Model Registry And Its Many Uses",
        "link a run to the model registry in W&B",
        "Our model registry at W&B is empty",
      ],
      ["bake bread"],
    );
    expect(name).toMatch(/model registry/i);
    expect(name).not.toContain("Registry");
  });

  it("is no greeting and nobody's name", async () => {
    for (const name of await namesOf(
      repeat("Hello Anna! Where can I pay my invoice?", 4),
      repeat("Dear Ms. Miller, how do I reset my password?", 4),
    ))
      expect(name).not.toMatch(/hello|anna|dear|miller/i);
  });

  it("is in the language of most members", async () => {
    const [name] = await namesOf(
      [
        "Comment annuler mon abonnement ?",
        "Je veux annuler mon abonnement",
        "Puis-je annuler mon abonnement ?",
        "トマトの葉が黄色い",
      ],
      ["Wie backe ich Brot?"],
    );
    expect(name).toBe("Annuler mon abonnement");
  });

  it("lists what a group of groups holds, also where nothing but names is known", async () => {
    const members = [...repeat("如何取消我的订阅？", 3), ...repeat("请帮我写一封求职信", 3)];
    const parts = [
      { name: "取消我的订阅", members: [0, 1, 2] },
      { name: "写一封求职信", members: [3, 4, 5] },
    ];
    const [parent] = await nameGroups([{ members, parts }]);
    expect(parent!.name).toBe("取消我的订阅、写一封求职信");
  });

  it("differs from all others, and from those that are used up", async () => {
    const groups = Array.from({ length: 5 }, () => ({ members: ["cancel my subscription"] }));
    const names = (await nameGroups(groups, { taken: ["Cancel a subscription"] })).map(({ name }) =>
      name.toLowerCase(),
    );
    expect(new Set([...names, "cancel a subscription"]).size).toBe(6);
  });

  it("is honest about nothing", async () => {
    expect(await nameGroups([{ members: ["", ""] }])).toEqual([
      { name: "Nothing said", description: "2 conversations without words.", slug: "nothing_said" },
    ]);
    expect(await nameGroups([])).toEqual([]);
  });

  it("has a slug of ASCII, and a description that is a sentence, for any text", async () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: "grapheme" }),
      fc.lorem(),
      fc.constantFrom("__proto__", "constructor x", "how do I toString"),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(text, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 }),
        async (groups) => {
          const named = await nameGroups(groups.map((members) => ({ members })));
          expect(new Set(named.map(({ name }) => name.toLowerCase())).size).toBe(groups.length);
          named.forEach(({ name, description, slug }, at) => {
            expect(name.trim()).not.toBe("");
            expect(slug).toMatch(/^[a-z0-9]+(?:_[a-z0-9]+)*$/);
            expect(description).toMatch(new RegExp(`^${groups[at]!.length} conversations?\\b.*\\.$`, "s"));
          });
        },
      ),
      { numRuns: 150, seed: 1 },
    );
  });

  it("gives examples without saying who wanted them, each once", async () => {
    const [named] = await nameGroups([
      {
        members: ["The user's overall request for the assistant is to find a table.", "Find a table", "find a table!"],
      },
    ]);
    expect(named!.description).toBe("3 conversations about table. For example: “Find a table”.");
  });
});
