import { describe, expect, it } from "vitest";
import { KuraError } from "../../src/errors.js";
import { CATEGORIES_PROMPT } from "../../src/models/prompts/categories.js";
import { CATEGORY_CHOICE_PROMPT } from "../../src/models/prompts/category-choice.js";
import { CLUSTER_NAME_PROMPT } from "../../src/models/prompts/cluster-name.js";
import { GROUP_NAME_PROMPT } from "../../src/models/prompts/group-name.js";
import { compilePrompt, customPrompt } from "../../src/models/prompts/prompt.js";
import { SUMMARY_PROMPT } from "../../src/models/prompts/summary.js";

const clusters = [
  { name: "Sort spreadsheets", description: "People wanted order." },
  { name: "Bake bread", description: "People were hungry." },
];

describe("our prompts", () => {
  it("that cannot be rendered say by which template it is", async () => {
    const render = await compilePrompt(customPrompt("  Sum up {{ conversation | upper }}"), ["conversation"]);
    expect(() => render({ conversation: [] })).toThrow(KuraError);
    expect(() => render({ conversation: [] })).toThrow(
      'Cannot ask by the prompt that begins with "Sum up {{ conversation | upper }}": Unknown',
    );
  });

  it("are refused where they use a filter that there is not, before anything is asked", async () => {
    for (const filter of ["nosuch", "truncate(80)", "wordcount", "round"])
      await expect(compilePrompt(customPrompt(`{{ conversation | ${filter} }}`), ["conversation"])).rejects.toThrow(
        `it uses the filter "${filter.replace(/\(.*/, "")}", which there is not`,
      );
    const statement = "{{ conversation }}{% filter nosuch %}x{% endfilter %}";
    await expect(compilePrompt(customPrompt(statement), ["conversation"])).rejects.toThrow('the filter "nosuch"');
    for (const filter of [
      "join(', ')",
      "map(attribute='content')",
      "selectattr('role')",
      "replace('a', 'b')",
      "tojson",
    ])
      await expect(compilePrompt(customPrompt(`{{ conversation | ${filter} }}`), ["conversation"])).resolves.toBeTypeOf(
        "function",
      );
  });

  it("each have an id with a version, and all differ", () => {
    const ids = [SUMMARY_PROMPT, CLUSTER_NAME_PROMPT, CATEGORIES_PROMPT, CATEGORY_CHOICE_PROMPT, GROUP_NAME_PROMPT].map(
      ({ id }) => id,
    );
    expect(new Set(ids).size).toBe(5);
    for (const id of ids) expect(id).toMatch(/^[a-z-]+@\d+$/);
  });

  it("show the conversation, and what looks like a template in it stays as it is", async () => {
    const render = await compilePrompt(SUMMARY_PROMPT, ["conversation"]);
    const messages = [
      { role: "user", content: "{{ 1 + 1 }} {% if %} <b>&" },
      { role: "assistant", content: "Two." },
    ];
    const text = render({ conversation: { messages }, extra_fields: [{ name: "mood", description: "in one word" }] });
    expect(text).toContain('<message role="user">\n{{ 1 + 1 }} {% if %} <b>&\n</message>\n<message role="assistant">');
    expect(text).toContain("- mood: in one word\n");
  });

  it("show members, others and names that are taken", async () => {
    const render = await compilePrompt(CLUSTER_NAME_PROMPT, ["positive_examples"]);
    const shown = {
      positive_examples: [{ summary: "In it.", request: "Do", task: null }],
      contrastive_examples: [{ summary: "Out of it." }],
    };
    const text = render({ ...shown, taken_names: ["A", "B"] });
    expect(text).toContain("In it. Request: Do\n");
    expect(text).toContain("Out of it.");
    expect(text).toContain('Other groups are called: "A", "B". Choose');
    expect(render({ ...shown, taken_names: [] })).not.toContain("Other groups");
  });

  it("show clusters, categories and how many are wanted", async () => {
    const text = (await compilePrompt(CATEGORIES_PROMPT, ["clusters"]))({ clusters, desired_count: 4 });
    expect(text).toContain("<group>\nSort spreadsheets\nPeople wanted order.\n</group>");
    expect(text).toContain("about 4 names, and no more than 6.");
    const choice = (await compilePrompt(CATEGORY_CHOICE_PROMPT, ["categories"]))({
      cluster: clusters[0],
      categories: ["X", "Y"],
    });
    expect(choice).toContain("<categories>\nX\nY\n</categories>");
    expect((await compilePrompt(GROUP_NAME_PROMPT, ["clusters"]))({ clusters, taken_names: [] })).toContain(
      "Bake bread",
    );
  });
});

describe("a prompt of somebody's own", () => {
  const needs = ["conversation"];

  it("is named by its text", () => {
    expect(customPrompt("a").id).toMatch(/^sha256:[0-9a-f]{16}$/);
    expect(customPrompt("a").id).not.toBe(customPrompt("b").id);
  });

  it("may loop, filter and slice, as Kura's do", async () => {
    const template = `{%- for m in conversation.messages[:1] -%}
      {{ loop.index }}. {{ m.role | upper }}: {{ m.content | trim }}
    {%- endfor %} of {{ conversation.messages | length }}`;
    const render = await compilePrompt(customPrompt(template), needs);
    const messages = [
      { role: "user", content: " hi " },
      { role: "assistant", content: "hello" },
    ];
    expect(render({ conversation: { messages } })).toBe("1. USER: hi of 2");
  });

  it.each([
    "Rate the sentiment of this conversation from 1 to 5.",
    "The conversation: {{ conversations }}",
    "{{ chat.conversation }}",
    "{% for conversation in chats %}x{% endfor %}",
    "{% set conversation = 3 %}x",
    "{# {{ conversation }} #}",
    "{{ 'conversation' }}",
  ])("that never uses the conversation is refused: %s", async (template) => {
    await expect(compilePrompt(customPrompt(template), needs)).rejects.toThrow(/never uses "conversation"/);
  });

  it.each([
    "{{ conversation }}",
    "{{ conversation.messages | length }}",
    "{% for m in conversation.messages %}{{ m.content }}{% endfor %}",
    "{% if conversation %}x{% endif %}",
    "{% set messages = conversation['messages'] %}{{ messages[0].content }}",
    "{{ chats[conversation.chat_id] }}",
  ])("that uses it is taken: %s", async (template) => {
    await expect(compilePrompt(customPrompt(template), needs)).resolves.toBeTypeOf("function");
  });

  it.each(["{{ conversation ", "{% for m in conversation %}", "{% nonsense %}"])(
    "that is no template is refused: %s",
    async (template) => {
      await expect(compilePrompt(customPrompt(template), needs)).rejects.toThrow(/no Jinja template/);
    },
  );
});
