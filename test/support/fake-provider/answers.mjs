import { frequentWords, seedOf, tellingWords } from "./words.mjs";

/** What a diligent, unimaginative model would answer: made of the prompt's own words, always the same. */
export function answerTo(prompt, schema) {
  const properties = schema?.properties ?? {};
  const known = knownAnswer(prompt, properties);
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, known[name] ?? filler(prompt, name, property, schema)]),
  );
}

function knownAnswer(prompt, properties) {
  if ("concerning_score" in properties) return summaryOf(prompt);
  if ("categories" in properties) return { categories: categoriesOf(prompt) };
  if ("category" in properties) return { category: categoryOf(prompt) };
  // What Python's Kura asks, under other names; a label that is none of the categories would stop it.
  if ("slug" in properties) {
    const { name, description } = nameOf(prompt);
    return { name, summary: description, slug: name.toLowerCase().replace(/\W+/g, "_") };
  }
  if ("candidate_cluster_names" in properties)
    return { candidate_cluster_names: labelsOf(tagged(prompt, "cluster").map((text) => text.split(":")[0])) };
  if ("higher_level_cluster" in properties) {
    const group = between(prompt, "<specific_cluster>", "</specific_cluster>");
    return { higher_level_cluster: nearestOf(group, tagged(prompt, "higher_level_cluster")) };
  }
  if ("name" in properties && "description" in properties) return nameOf(prompt);
  return {};
}

function summaryOf(prompt) {
  const conversation =
    between(prompt, "<conversation>", "</conversation>") || between(prompt, "<messages>", "</messages>") || prompt;
  const asked =
    conversation.match(/<message role="user">\n([\s\S]*?)\n<\/message>/)?.[1] ??
    tagged(conversation, "message")[0] ??
    conversation;
  const request = asked.replace(/\s+/g, " ").trim().slice(0, 120).toWellFormed() || "Nothing";
  const words = tellingWords(asked).slice(0, 3).join(" ") || "nothing";
  return {
    summary: `The user wanted help: ${request}. The assistant answered.`,
    request,
    topic: words,
    task: `Help with ${words}`,
    languages: ["english"],
    concerning_score: 1 + (seedOf(asked) % 2),
    user_frustration: 1 + (seedOf(`f${asked}`) % 3),
    assistant_errors: [],
  };
}

function nameOf(prompt) {
  const tags = ["members", "groups", "positive_examples", "clusters"];
  const shown = tags.map((tag) => between(prompt, `<${tag}>`, `</${tag}>`)).find((text) => text !== "") ?? prompt;
  // Without what every summary of this model says.
  const text = shown.replace(/<\/?\w+>|\b(wanted help|The assistant answered|Help with|Request|Task|english)\b/g, " ");
  const taken = prompt.includes("Other groups are called:") ? 2 : 0;
  const words = frequentWords(text, 3 + taken).slice(taken ? 1 : 0);
  const name = `Handle ${words.join(", ") || "nothing"}`;
  return { name, description: `People asked about ${words.join(" and ") || "nothing"}. It was done in several ways.` };
}

/** As many as half the groups, each after one of them. */
function categoriesOf(prompt) {
  return labelsOf([...between(prompt, "<groups>", "</groups>").matchAll(/<group>\n(.*)\n/g)].map(([, name]) => name));
}

function labelsOf(names) {
  return names
    .filter((_, index) => index % 2 === 0)
    .map((name) => `Deal with ${frequentWords(name, 2).join(" and ") || name}`);
}

/** The one that has most words in common with the group. */
function categoryOf(prompt) {
  const categories = between(prompt, "<categories>", "</categories>")
    .split("\n")
    .filter((line) => line !== "");
  return nearestOf(between(prompt, "<group>", "</group>"), categories);
}

function nearestOf(text, categories) {
  const group = new Set(tellingWords(text));
  const common = categories.map((category) => tellingWords(category).filter((word) => group.has(word)).length);
  return categories[common.indexOf(Math.max(...common))] ?? "Nothing";
}

/** Something that fits, for what only the schema says. */
function filler(prompt, name, property, root) {
  const schema = property.$ref ? lookUp(root, property.$ref) : (property.anyOf?.[0] ?? property);
  const seed = seedOf(`${name}\0${prompt}`);
  if (schema.enum) return schema.enum[seed % schema.enum.length];
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "integer":
    case "number":
      return Math.min(schema.maximum ?? 5, (schema.minimum ?? 1) + (seed % 3));
    case "boolean":
      return seed % 2 === 0;
    case "array":
      return [filler(prompt, name, schema.items ?? {}, root)];
    case "object":
      return answerTo(prompt, schema);
    default:
      return frequentWords(prompt, 3).join(" ") || name;
  }
}

function lookUp(root, reference) {
  return (
    reference
      .replace(/^#\//, "")
      .split("/")
      .reduce((at, step) => at?.[step], root) ?? {}
  );
}

function between(text, start, end) {
  const from = text.indexOf(start);
  if (from < 0) return "";
  const to = text.indexOf(end, from);
  return text.slice(from + start.length, to < 0 ? undefined : to);
}

/** What stands in each pair of tags of this name. */
function tagged(text, tag) {
  return [...text.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, "gs"))].map(([, inner]) => inner.trim());
}
