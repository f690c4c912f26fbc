import { describe, expect, it } from "vitest";
import type { SummaryGroup } from "../../src/steps/cluster-step.js";
import { nameClustersWithModel } from "../../src/steps/name-clusters-with-model.js";
import { askingOf, sensibleAnswer } from "./fake-asking.js";
import { summary } from "./make.js";

const SUBJECTS = ["spreadsheets", "bread", "guitars", "taxes", "gardens"];

function groupOf(subject: string, count = 6): SummaryGroup {
  const members = Array.from({ length: count }, (_, at) =>
    summary(`${subject}-${at}`, `The user asked about ${subject}, number ${at}.`, {
      request: `Explain ${subject} ${at}`,
    }),
  );
  return { id: `id-of-${subject}`, members };
}
const groups = SUBJECTS.map((subject) => groupOf(subject));
const answer = (name: string, description = "People did it.") => JSON.stringify({ name, description });

describe("naming clusters with a model", () => {
  it("asks once per cluster, and gives names in their order", async () => {
    const { askText, prompts } = askingOf(sensibleAnswer);
    const { names, fallbacks } = await nameClustersWithModel(groups, askText, { seed: 1 });
    expect(names.map(({ name }) => SUBJECTS.findIndex((subject) => name.includes(subject)))).toEqual([0, 1, 2, 3, 4]);
    expect(names[0]!.slug).toMatch(/^handle_/);
    expect(prompts).toHaveLength(5);
    expect(fallbacks).toEqual([]);
  });

  it("shows members and, for comparison, summaries of other clusters; no ids and no metadata", async () => {
    const { askText, prompts } = askingOf(sensibleAnswer);
    await nameClustersWithModel(groups, askText, { seed: 1, maxContrastiveExamples: 3 });
    const [members, others] = prompts[0]!.split("</members>") as [string, string];
    expect(members.match(/asked about spreadsheets/g)).toHaveLength(6);
    expect(members).not.toMatch(/asked about (?!spreadsheets)/);
    expect(others.match(/asked about (?!spreadsheets)/g)).toHaveLength(3);
    expect(prompts[0]).not.toMatch(/spreadsheets-\d|id-of/);
  });

  it("compares a cluster with no member of its own", async () => {
    const { askText, prompts } = askingOf(sensibleAnswer);
    await nameClustersWithModel(groups, askText, { seed: 1, maxContrastiveExamples: 24 });
    SUBJECTS.forEach((subject, index) => {
      const others = prompts[index]!.split("</members>")[1]!;
      expect(others.match(/asked about/g)).toHaveLength(24);
      expect(others).not.toContain(`asked about ${subject}`);
    });
  });

  it("asks the same in whatever order clusters and members come", async () => {
    const forth = askingOf(sensibleAnswer);
    const back = askingOf(sensibleAnswer);
    await nameClustersWithModel(groups, forth.askText, { seed: 1 });
    const turned = [...groups].reverse().map((group) => ({ ...group, members: [...group.members].reverse() }));
    await nameClustersWithModel(turned, back.askText, { seed: 1 });
    expect(back.prompts.sort()).toEqual(forth.prompts.sort());
  });

  it("asks otherwise with another seed", async () => {
    const [one, two] = [askingOf(sensibleAnswer), askingOf(sensibleAnswer)];
    await nameClustersWithModel(groups, one.askText, { seed: 1, maxContrastiveExamples: 3 });
    await nameClustersWithModel(groups, two.askText, { seed: 2, maxContrastiveExamples: 3 });
    expect(two.prompts).not.toEqual(one.prompts);
  });

  it("asks few clusters anew when a conversation is added to one", async () => {
    const many = Array.from({ length: 60 }, (_, at) => groupOf(`subject${at}`, 10));
    const before = askingOf(sensibleAnswer);
    await nameClustersWithModel(many, before.askText, { seed: 1 });
    const [first, ...rest] = many;
    const grown = { ...first!, members: [...first!.members, summary("new", "The user asked about something new.")] };
    const after = askingOf(sensibleAnswer);
    await nameClustersWithModel([grown, ...rest], after.askText, { seed: 1 });
    const known = new Set(before.prompts);
    expect(after.prompts.filter((prompt) => !known.has(prompt)).length).toBeLessThanOrEqual(6);
  });

  it("asks another name of the later of two that were given the same, telling it which is taken", async () => {
    const { askText, prompts } = askingOf((prompt) =>
      answer(
        prompt.includes('"Explain things"')
          ? "Explain other things"
          : prompt.includes("about taxes") && !prompt.includes("<members>\n<record>\nThe user asked about spreadsheets")
            ? "explain THINGS"
            : "Explain things",
      ),
    );
    const { names } = await nameClustersWithModel(groups.slice(0, 2), askText, { seed: 1 });
    expect(names.map(({ name }) => name)).toEqual(["Explain things", "Explain other things"]);
    expect(prompts).toHaveLength(3);
  });

  it("asks another name as soon as all before it have one, whatever is still to come", async () => {
    const { askText } = askingOf((prompt) => answer(prompt.includes("are called") ? "Other" : "Explain things"));
    let letGo = () => {};
    const stuck = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const waitingForTheLast: typeof askText = async (question) => {
      const prompt = question.prompt();
      if (prompt.includes('are called: "Explain things"')) letGo();
      // It would wait for ever, were the second name of the first two not asked for before it is there.
      else if (prompt.includes("asked about cats")) await stuck;
      return await askText(question);
    };
    const some = [groupOf("bread", 3), groupOf("taxes", 3), groupOf("cats", 3)];
    const { names } = await nameClustersWithModel(some, waitingForTheLast, { seed: 1, maxContrastiveExamples: 0 });
    expect(names.map(({ name }) => name)).toEqual(["Explain things", "Other", "Other (2)"]);
  });

  it("numbers names that stay the same, and asks no more than twice", async () => {
    const { askText, prompts } = askingOf(() => answer("Explain things"));
    const { names, fallbacks } = await nameClustersWithModel(groups, askText, { seed: 1 });
    expect(names.map(({ name }) => name)).toEqual([
      "Explain things",
      "Explain things (2)",
      "Explain things (3)",
      "Explain things (4)",
      "Explain things (5)",
    ]);
    expect(prompts).toHaveLength(9);
    expect(fallbacks).toEqual([]);
  });

  it("names a cluster offline whose question was not answered, and says so", async () => {
    const { askText } = askingOf((prompt) =>
      prompt.includes("<members>\n<record>\nThe user asked about bread") ? undefined : sensibleAnswer(prompt),
    );
    const { names, fallbacks } = await nameClustersWithModel(groups, askText, { seed: 1 });
    expect(names).toHaveLength(5);
    expect(names[1]!.name).toMatch(/bread/i);
    expect(fallbacks).toEqual([
      {
        about: "cluster id-of-bread",
        reason: "refused",
        final: true,
        instead: `named "${names[1]!.name}" without the model`,
      },
    ]);
  });

  it("names all offline where no answer is any use", async () => {
    const { askText } = askingOf(
      (_, asked) => ["no", "{}", '{"name": "", "description": "x"}', '{"name": 3}'][asked % 4],
    );
    const { names, fallbacks } = await nameClustersWithModel(groups, askText, { seed: 1 });
    expect(new Set(names.map(({ name }) => name.toLowerCase())).size).toBe(5);
    expect(fallbacks.map(({ reason }) => reason)).toEqual(Array(5).fill("wrong shape"));
  });

  it("shows only some members of a large cluster, as others would not fit", async () => {
    const { askText, prompts } = askingOf(sensibleAnswer);
    await nameClustersWithModel([groupOf("bread", 300), groupOf("taxes", 3)], askText, { seed: 1 });
    expect(prompts[0]!.split("</members>")[0]!.match(/asked about bread/g)).toHaveLength(50);
  });

  it("takes quotation marks and the period off a name", async () => {
    const { askText } = askingOf(() => answer('"Bake  bread."'));
    const { names } = await nameClustersWithModel([groups[0]!], askText, { seed: 1 });
    expect(names[0]!.name).toBe("Bake bread");
  });

  it("takes a prompt of Kura's form", async () => {
    const prompt =
      "{% for item in positive_examples %}{{ item }}{% endfor %}|{% for item in contrastive_examples[:1] %}{{ item.summary }}{% endfor %}";
    const { askText, prompts } = askingOf(() => answer("X"));
    await nameClustersWithModel(groups, askText, { seed: 1, prompt });
    expect(prompts[0]).toContain('"summary": "The user asked about spreadsheets, number 0."');
    await expect(nameClustersWithModel(groups, askText, { seed: 1, prompt: "Name it" })).rejects.toThrow(TypeError);
  });

  it("has nothing to ask where there are no clusters", async () => {
    const { askText, prompts } = askingOf(sensibleAnswer);
    expect(await nameClustersWithModel([], askText, { seed: 1 })).toEqual({ names: [], fallbacks: [] });
    expect(prompts).toEqual([]);
  });
});
