import type { GroupName } from "../models/offline/names.js";
import { slugOf } from "../models/offline/slug.js";
import { CLUSTER_NAME_SCHEMA } from "../models/prompts/cluster-name.js";
import { jsonReader } from "../models/read-json.js";
import type { AskText, Reply } from "./asking.js";
import type { Fallback } from "./fallback.js";

export interface Unnamed {
  /** What it is, for saying which one could not be named. */
  readonly about: string;
  /** The question, where no name may be one of `taken`. */
  prompt(taken: readonly string[]): string;
}

type NameAnswer = Pick<GroupName, "name" | "description">;

/** With the first answer to its question. */
export interface Proposed extends Unnamed {
  readonly reply: Reply<NameAnswer>;
}

export interface DistinctOptions {
  /** Names that are used up. */
  readonly taken?: Iterable<string> | undefined;
  /** Names without the model, for those at these places; none of `taken`. */
  nameOffline(places: readonly number[], taken: readonly string[]): Promise<readonly GroupName[]>;
}

/** Asks for names of things: for each as soon as it is there, and then for such as are distinct. */
export class Namer {
  readonly #askText: AskText;
  readonly #read: (text: string) => NameAnswer;

  private constructor(askText: AskText, read: (text: string) => NameAnswer) {
    this.#askText = askText;
    this.#read = read;
  }

  static async prepare(askText: AskText): Promise<Namer> {
    const readJson = await jsonReader(CLUSTER_NAME_SCHEMA);
    return new Namer(askText, (text) => nameOf(readJson(text)));
  }

  async propose(thing: Unnamed): Promise<Proposed> {
    return { ...thing, reply: await this.#ask(thing, []) };
  }

  /**
   * Names of all, in their order and all distinct, ignoring case. Two that were given the same name: the later one is asked for another,
   * once, as soon as all before it have a name; then it is numbered. One whose question was not answered is named without the model.
   */
  async distinct(
    proposals: readonly (Proposed | Promise<Proposed>)[],
    { taken: used = [], nameOffline }: DistinctOptions,
  ): Promise<{ names: GroupName[]; fallbacks: Fallback[] }> {
    const taken = new TakenNames(used);
    const names: GroupName[] = [];
    let before: Promise<unknown> = Promise.resolve();
    const things = await Promise.all(
      proposals.map(async (proposal) => {
        const isFree = Promise.all([proposal, before]).then(
          ([{ reply }]) => !reply.value || taken.add(reply.value.name),
        );
        before = isFree;
        const hasName = await isFree;
        const thing = await proposal;
        return { ...thing, second: hasName ? undefined : await this.#ask(thing, [thing.reply.value!.name]) };
      }),
    );
    for (const [place, { reply, second }] of things.entries())
      if (reply.value && !second) names[place] = withSlug(reply.value);
    for (const [place, { reply, second }] of things.entries()) {
      if (!second) continue;
      const other = second.value ?? reply.value!;
      const name = taken.firstFree(other.name);
      taken.add(name);
      names[place] = withSlug({ ...other, name });
    }
    const failed = things.flatMap(({ reply }, place) => (reply.failure ? [{ place, ...reply }] : []));
    const offline =
      failed.length > 0
        ? await nameOffline(
            failed.map(({ place }) => place),
            taken.all,
          )
        : [];
    const fallbacks = failed.map(({ place, failure: { reason, detail }, final }, index): Fallback => {
      const name = taken.firstFree(offline[index]!.name);
      taken.add(name);
      names[place] = { ...offline[index]!, name };
      return { about: things[place]!.about, reason, detail, final, instead: `named "${name}" without the model` };
    });
    return { names, fallbacks };
  }

  #ask(thing: Unnamed, taken: readonly string[]): Promise<Reply<NameAnswer>> {
    return this.#askText({ prompt: () => thing.prompt(taken), schema: CLUSTER_NAME_SCHEMA, read: this.#read });
  }
}

/** Longer ones are no names: the model has begun to explain itself. */
const LONGEST_NAME_CHARS = 150;

function nameOf(answer: Readonly<Record<string, unknown>>): NameAnswer {
  const name = cleanLabel(answer["name"] as string);
  const description = (answer["description"] as string).trim();
  if (name === "" || description === "") throw new Error("The answer does not fit: name or description is empty");
  if (name.length > LONGEST_NAME_CHARS)
    throw new Error(
      `The answer does not fit: the name has ${name.length} characters, not at most ${LONGEST_NAME_CHARS}`,
    );
  return { name, description };
}

/** What a model puts around a name although it was asked not to: spaces, quotation marks, a period. */
export function cleanLabel(text: string): string {
  return text
    .replace(/["\\“”]/g, "")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\.$/, "")
    .trim();
}

function withSlug(answer: NameAnswer): GroupName {
  return { ...answer, slug: slugOf(answer.name) };
}

class TakenNames {
  readonly all: string[] = [];
  readonly #keys = new Set<string>();

  constructor(names: Iterable<string>) {
    for (const name of names) this.add(name);
  }

  /** Whether it was free. */
  add(name: string): boolean {
    const key = keyOf(name);
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    this.all.push(name);
    return true;
  }

  /** The name, or the first of "name (2)", "name (3)" … that is free. */
  firstFree(name: string): string {
    let free = name;
    for (let number = 2; this.#keys.has(keyOf(free)); number++) free = `${name} (${number})`;
    return free;
  }
}

function keyOf(name: string): string {
  return name.toLowerCase();
}
