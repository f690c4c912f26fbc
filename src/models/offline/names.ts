import { breather } from "../../math/breathe.js";
import { baseNames } from "./base-names.js";
import { describeGroup } from "./describe-group.js";
import { type Field, fieldOf, type Member, mainLanguage } from "./field.js";
import { parentNames } from "./parent-names.js";
import { shorten } from "./sentences.js";
import { slugOf } from "./slug.js";
import { type Tag, tagsOf } from "./tags.js";
import { capitalised } from "./title-text.js";
import { stemsOf } from "./words.js";

/*
 * Names of groups: of all that was asked for in a group, the piece whose words many members say and few others do, by class-based
 * tf-idf (Grootendorst 2022). It was said by a person, so it reads like one; only possessives and capitals are changed.
 */

/** Raised whenever the same groups would be named otherwise. */
export const NAMER_ID = "offline/c-tf-idf-3";

export interface Group {
  /** What each member is about, the most telling line first: a request, then a summary. */
  readonly members: readonly string[];
  /** For naming a group of groups. */
  readonly parts?: readonly Part[];
}

export interface Part {
  readonly name: string;
  /** Positions in the `members` of the whole. */
  readonly members: readonly number[];
}

export interface GroupName {
  /** Distinct among the groups that were named together, ignoring case. */
  readonly name: string;
  readonly description: string;
  /** ASCII, words joined by "_", never empty. */
  readonly slug: string;
}

export interface NamingOptions {
  /** What all members of the groups say, where it is known already. */
  field?: Field | undefined;
  /** Names that are used up. */
  taken?: Iterable<string> | undefined;
  signal?: AbortSignal | undefined;
}

/** Name groups against each other. */
export async function nameGroups(
  groups: readonly Group[],
  { field: given, taken: used = [], signal }: NamingOptions = {},
): Promise<GroupName[]> {
  const breathe = breather(signal);
  const field =
    given ??
    (await fieldOf(
      groups.flatMap(({ members }) => members),
      signal,
    ));
  const taken = new Set([...used].map(wordingOf));
  const names: GroupName[] = [];
  for (const group of groups) {
    names.push(nameGroup(group, field, taken));
    await breathe();
  }
  return names;
}

function nameGroup(group: Group, field: Field, taken: Set<string>): GroupName {
  const members = group.members.map((text) => field.members.get(text)!);
  const language = mainLanguage(members);
  const speakers = members.filter((member) => member.language === language);
  const tags = tagsOf(speakers, field);
  const parts = group.parts?.map((part) => ({ name: part.name, members: part.members.map((at) => members[at]!) }));
  const candidates = parts ? parentNames(parts, tags, field) : baseNames(speakers, tags, field);
  const name = firstFree(candidates, tags, taken, members);
  return { name, description: describeGroup(members, tags), slug: slugOf(name) };
}

/** The best candidate that no sibling has; where all are taken, with what else sets the group apart. */
function firstFree(
  candidates: readonly string[],
  tags: readonly Tag[],
  taken: Set<string>,
  members: readonly Member[],
): string {
  const base = candidates[0] ?? firstWords(members);
  const baseStems = new Set(stemsOf(base));
  const further = tags
    .filter(({ stems }) => !stems.some((stem) => baseStems.has(stem)))
    .map(({ text }) => `${base}: ${text}`);
  const named = [base, ...further, ...candidates.slice(1)].find((name) => !taken.has(wordingOf(name)));
  const name = named ?? numberedName(base, taken);
  taken.add(named === undefined ? name.toLowerCase() : wordingOf(name));
  return name;
}

/** Where there is nothing to choose from. */
function firstWords(members: readonly Member[]): string {
  const text = members.map((member) => member.text.trim()).find((text) => text !== "") ?? "";
  return capitalised(shorten(text.split("\n")[0]!, FIRST_WORDS_LENGTH)) || "Nothing said";
}

const FIRST_WORDS_LENGTH = 60;

function numberedName(base: string, taken: ReadonlySet<string>): string {
  for (let number = 2; ; number++) if (!taken.has(`${base} (${number})`.toLowerCase())) return `${base} (${number})`;
}

/** Names of the same words are the same name. */
function wordingOf(name: string): string {
  return stemsOf(name).sort().join(" ") || name.toLowerCase();
}
