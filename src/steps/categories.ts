import { dot, matrixFromRows, normalizeRows, rowOf } from "../math/matrix.js";
import { CATEGORIES_SCHEMA } from "../models/prompts/categories.js";
import { CATEGORY_CHOICE_SCHEMA } from "../models/prompts/category-choice.js";
import type { Render } from "../models/prompts/prompt.js";
import { jsonReader, type ReadJson } from "../models/read-json.js";
import type { Cluster } from "../rows/builtin.js";
import type { AskText, AskVectors } from "./asking.js";
import type { Fallback } from "./fallback.js";
import { matchLabel } from "./match-label.js";
import { cleanLabel } from "./namer.js";

/** What is put into categories: a cluster, and where it lies. */
export interface Located {
  readonly cluster: Cluster;
  readonly vector: Float32Array;
}

export interface Sorting<T> {
  /** Those of one category each, in the order of their first; none is empty. */
  readonly groups: T[][];
  readonly fallbacks: Fallback[];
}

interface Parts {
  readonly askText: AskText;
  readonly askVectors: AskVectors;
  readonly renderCategories: Render;
  readonly readCategories: ReadJson;
  readonly renderChoice: Render;
  readonly readChoice: ReadJson;
}

/** Puts clusters that lie together into categories that a model proposes. */
export class Categories {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async prepare(asking: Omit<Parts, "readCategories" | "readChoice">): Promise<Categories> {
    const [readCategories, readChoice] = await Promise.all([
      jsonReader(CATEGORIES_SCHEMA),
      jsonReader(CATEGORY_CHOICE_SCHEMA),
    ]);
    return new Categories({ ...asking, readCategories, readChoice });
  }

  /** A question for the categories, and one for each cluster where there are several. Without categories each is its own group. */
  async sort<T extends Located>(clusters: readonly T[]): Promise<Sorting<T>> {
    if (clusters.length === 1) return { groups: [[...clusters]], fallbacks: [] };
    const proposed = await this.#propose(clusters);
    if ("fallback" in proposed) return { groups: clusters.map((cluster) => [cluster]), fallbacks: [proposed.fallback] };
    const { categories } = proposed;
    const choices = await Promise.all(clusters.map((cluster) => this.#choose(cluster, categories)));
    const groups = new Map<string, T[]>();
    clusters.forEach((cluster, index) => {
      const { category } = choices[index]!;
      const group = groups.get(category);
      if (group) group.push(cluster);
      else groups.set(category, [cluster]);
    });
    return { groups: [...groups.values()], fallbacks: choices.flatMap(({ fallback }) => fallback ?? []) };
  }

  async #propose(clusters: readonly Located[]): Promise<{ categories: string[] } | { fallback: Fallback }> {
    const { askText, renderCategories, readCategories } = this.#parts;
    // As many as in Kura.
    const desired_count = clusters.length >= 3 ? Math.ceil(clusters.length / 2) : 1;
    const reply = await askText({
      prompt: () => renderCategories({ clusters: clusters.map(({ cluster }) => wordsOf(cluster)), desired_count }),
      schema: CATEGORIES_SCHEMA,
      read: (text) => distinctLabels(readCategories(text)["categories"] as string[]),
    });
    if (!reply.failure) return { categories: reply.value };
    const about = `categories of ${clusters.length} clusters, the first of which is ${clusters[0]!.cluster.id}`;
    const { failure, final } = reply;
    return { fallback: { about, ...failure, final, instead: "those nearest to each other are put together" } };
  }

  async #choose(located: Located, categories: readonly string[]): Promise<{ category: string; fallback?: Fallback }> {
    const { askText, renderChoice, readChoice } = this.#parts;
    if (categories.length === 1) return { category: categories[0]! };
    const reply = await askText({
      prompt: () => renderChoice({ cluster: wordsOf(located.cluster), categories }),
      schema: CATEGORY_CHOICE_SCHEMA,
      read: (text) => {
        const answer = cleanLabel(readChoice(text)["category"] as string);
        const category = matchLabel(answer, categories);
        if (category === undefined) throw new Error(`The answer does not fit: there is no category "${answer}"`);
        return category;
      },
    });
    if (!reply.failure) return { category: reply.value };
    const category = await this.#nearest(located.vector, categories);
    const { failure, final } = reply;
    const about = `the category of cluster ${located.cluster.id}`;
    return { category, fallback: { about, ...failure, final, instead: `put into the nearest one, "${category}"` } };
  }

  async #nearest(vector: Float32Array, categories: readonly string[]): Promise<string> {
    const replies = await this.#parts.askVectors(categories);
    const known = categories.flatMap((category, index) => {
      const own = replies[index]!.value;
      return own ? [{ category, own }] : [];
    });
    // Of those whose place is known; if it is of none, the first is as good as any.
    if (known.length === 0) return categories[0]!;
    const vectors = normalizeRows(matrixFromRows(known.map(({ own }) => own)));
    const closeness = known.map((_, index) => dot(rowOf(vectors, index), vector));
    return known[closeness.indexOf(Math.max(...closeness))]!.category;
  }
}

/** No ids: the same question about the same words is asked once. */
function wordsOf({ name, description }: Cluster): { name: string; description: string } {
  return { name, description };
}

/** Each once, ignoring case. */
function distinctLabels(labels: readonly string[]): string[] {
  const distinct = new Map<string, string>();
  for (const label of labels.map(cleanLabel))
    if (!distinct.has(label.toLowerCase())) distinct.set(label.toLowerCase(), label);
  distinct.delete("");
  if (distinct.size === 0) throw new Error("The answer does not fit: there are no categories");
  return [...distinct.values()];
}
