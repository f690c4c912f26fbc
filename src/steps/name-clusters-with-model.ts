import { firstIndex } from "../bytes/first-index.js";
import { hashSeed } from "../math/random.js";
import { fieldOf } from "../models/offline/field.js";
import { type GroupName, nameGroups } from "../models/offline/names.js";
import { CLUSTER_NAME_PROMPT } from "../models/prompts/cluster-name.js";
import { compilePrompt, customPrompt, Renderings } from "../models/prompts/prompt.js";
import type { ConversationSummary } from "../rows/builtin.js";
import type { AskText } from "./asking.js";
import type { SummaryGroup } from "./cluster-step.js";
import type { Fallback } from "./fallback.js";
import { Namer } from "./namer.js";
import { renderForNaming } from "./rendering.js";

export interface NameQuestionOptions {
  /** A Jinja template in the place of ours; it must use `positive_examples`. */
  prompt?: string | undefined;
  /** Members that are shown; 50. Few clusters have more. */
  maxExamples?: number | undefined;
  /** Summaries of other groups that are shown for comparison; 10, as in Kura. */
  maxContrastiveExamples?: number | undefined;
}

export interface NameClustersOptions extends NameQuestionOptions {
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How members of a group are asked about.
 *
 * @throws {TypeError} If the template cannot be read or never uses the members.
 * @throws {RangeError} If a number of examples is none.
 */
export async function nameQuestions({
  prompt: template,
  maxExamples = 50,
  maxContrastiveExamples = 10,
}: NameQuestionOptions) {
  assertCount("maxExamples", maxExamples, 1);
  assertCount("maxContrastiveExamples", maxContrastiveExamples, 0);
  const prompt = template === undefined ? CLUSTER_NAME_PROMPT : customPrompt(template);
  return {
    render: await compilePrompt(prompt, ["positive_examples"]),
    /** All that decides the questions besides the groups, for a fingerprint: JSON. */
    madeFrom: { prompt: prompt.id, maxExamples, maxContrastiveExamples },
  };
}

function assertCount(name: string, value: number, min: number): void {
  if (!Number.isInteger(value) || value < min)
    throw new RangeError(`Cannot use ${value} as ${name}: an integer >= ${min} is needed`);
}

/**
 * Name groups of summaries against each other, a question each. Every group has a name in the end, distinct from all others; where the
 * model did not give one it is made without it, and said so.
 *
 * The summaries for comparison are found on a ring of all of them, in an order that seed and chat_id decide, from a place that the group
 * decides. So a group's question stays the same while its members do and no conversation comes to lie in its part of the ring.
 *
 * @throws {TypeError} If the template cannot be read or never uses the members.
 * @throws {KuraError} If it shows nothing of them.
 */
export async function nameClustersWithModel(
  groups: readonly SummaryGroup[],
  askText: AskText,
  { seed, signal, ...options }: NameClustersOptions,
): Promise<{ names: GroupName[]; fallbacks: Fallback[] }> {
  const { render, madeFrom } = await nameQuestions(options);
  const { maxExamples, maxContrastiveExamples } = madeFrom;
  const words = options.prompt === undefined ? shownWordsOf : wordsOf;
  const ring = new Ring(
    groups.flatMap(({ members }) => members),
    seed,
  );
  const things = groups.map(({ id, members }) => {
    const own = new Set(members.map(({ chat_id }) => chat_id));
    const others = ring.from(id, maxContrastiveExamples, (chatId) => !own.has(chatId));
    const shown = members.length <= maxExamples ? members : new Ring(members, seed).from(id, maxExamples, () => true);
    const examples = {
      positive_examples: byChat(shown).map(words),
      contrastive_examples: byChat(others).map(words),
    };
    return { about: `cluster ${id}`, prompt: (taken_names: readonly string[]) => render({ ...examples, taken_names }) };
  });
  if (options.prompt !== undefined) {
    const renderings = new Renderings();
    for (const [place, { members }] of groups.slice(0, LOOKED_AT).entries())
      renderings.add(members.map(renderForNaming).join("\n"), things[place]!.prompt([]));
    renderings.assertDiffer(options.prompt, "clusters");
  }
  const namer = await Namer.prepare(askText);
  const proposals = things.map((thing) => namer.propose(thing));
  return await namer.distinct(proposals, {
    nameOffline: async (places, taken) => {
      const rendered = groups.map(({ members }) => ({ members: members.map(renderForNaming) }));
      const field = await fieldOf(
        rendered.flatMap(({ members }) => members),
        signal,
      );
      return await nameGroups(
        places.map((place) => rendered[place]!),
        { field, taken, signal },
      );
    },
  });
}

/** So many groups of which a template shows nothing are enough to see it. */
const LOOKED_AT = 32;

/** Summaries in an order that has nothing to do with what they say. */
class Ring {
  readonly #places: { readonly at: number; readonly summary: ConversationSummary }[];
  readonly #seed: number;

  constructor(summaries: readonly ConversationSummary[], seed: number) {
    this.#seed = seed;
    this.#places = summaries
      .map((summary) => ({ at: this.#placeOf(summary.chat_id), summary }))
      .sort((a, b) => a.at - b.at || (a.summary.chat_id < b.summary.chat_id ? -1 : 1));
  }

  /** The first `count` that are wanted, from where `key` is. */
  from(key: string, count: number, isWanted: (chatId: string) => boolean): ConversationSummary[] {
    const at = this.#placeOf(key);
    const start = this.#firstAtOrAfter(at);
    const found: ConversationSummary[] = [];
    for (let step = 0; step < this.#places.length && found.length < count; step++) {
      const { summary } = this.#places[(start + step) % this.#places.length]!;
      if (isWanted(summary.chat_id)) found.push(summary);
    }
    return found;
  }

  #placeOf(key: string): number {
    return hashSeed(`${this.#seed}\0${key}`);
  }

  #firstAtOrAfter(at: number): number {
    return firstIndex(this.#places.length, (index) => this.#places[index]!.at >= at);
  }
}

function byChat(summaries: readonly ConversationSummary[]): ConversationSummary[] {
  return [...summaries].sort((a, b) => (a.chat_id < b.chat_id ? -1 : 1));
}

/** A summary with ten thousand characters, of a prompt of somebody's own, would fill the window alone. */
const LONGEST_CHARS = 1_000;

/** All that our own template shows: what else there is would be made into values of the template for nothing. */
function shownWordsOf(whole: ConversationSummary): Record<string, unknown> {
  const { summary, request, task } = wordsOf(whole);
  return { summary, request, task };
}

/** No ids and no metadata: they are not what a cluster is about, and nobody meant to send them. */
function wordsOf({ chat_id, metadata, embedding, ...fields }: ConversationSummary): Record<string, unknown> {
  return {
    ...fields,
    summary: fields.summary.slice(0, LONGEST_CHARS),
    request: fields.request?.slice(0, LONGEST_CHARS) ?? null,
  };
}
