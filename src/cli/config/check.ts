import { isPlainObject } from "../../rows/column-rules.js";
import { nearestWord } from "../nearest-word.js";

/** What is wrong with a value, as the end of a sentence that begins with the path of its field; undefined if nothing is. */
export type Check = (value: unknown, path: string) => string | undefined;

/** A check for each field that there is, and for no other. */
export type Fields<T> = { readonly [K in keyof Required<T>]: Check };

/** Values are told by their kind alone, as one may be a key, but where there are few to choose from. */
function wrong(path: string, wanted: string, value: unknown): string {
  return `${path === "" ? "the config" : path} is to be ${wanted}, not ${kindOf(value)}`;
}

function wrongNumber(path: string, wanted: string, value: unknown): string {
  return typeof value === "number" ? `${path} is to be ${wanted}, not ${value}` : wrong(path, wanted, value);
}

function wrongChoice(path: string, choices: readonly (string | boolean)[], value: unknown): string {
  const given = typeof value === "string" && value !== "" && value.length <= 40 ? JSON.stringify(value) : kindOf(value);
  return `${path} is to be one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}, not ${given}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === "") return "an empty text";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return { string: "a text", object: "an object" }[typeof value as string] ?? `a ${typeof value}`;
}

export const text: Check = (value, path) =>
  typeof value === "string" && value !== "" ? undefined : wrong(path, "a text", value);

export const number =
  (min: number): Check =>
  (value, path) =>
    typeof value === "number" && value >= min && value < Number.POSITIVE_INFINITY
      ? undefined
      : wrongNumber(path, `a number >= ${min}`, value);

export const integer =
  (min: number): Check =>
  (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= min
      ? undefined
      : wrongNumber(path, `an integer >= ${min}`, value);

export const oneOf =
  (...choices: readonly (string | boolean)[]): Check =>
  (value, path) =>
    choices.includes(value as string) ? undefined : wrongChoice(path, choices, value);

export const orNull =
  (check: Check): Check =>
  (value, path) =>
    value === null ? undefined : check(value, path);

/** Objects by any name. */
export const recordOf =
  (check: Check): Check =>
  (value, path) => {
    if (!isPlainObject(value)) return wrong(path, "an object", value);
    return firstProblem(value, path, () => check);
  };

/** At least one of them. */
export const listOf =
  (check: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value) || value.length === 0) return wrong(path, "a list of at least one", value);
    for (const [index, item] of value.entries()) {
      const problem = check(item, `${path}[${index}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };

export const anyObject: Check = (value, path) => (isPlainObject(value) ? undefined : wrong(path, "an object", value));

/** An object with these fields, each of which may be left out unless it is among `needed`. */
export const fields =
  (known: Readonly<Record<string, Check>>, needed: readonly string[] = []): Check =>
  (value, path) => {
    if (!isPlainObject(value)) return wrong(path, "an object", value);
    const unknown = Object.keys(value).find((name) => !Object.hasOwn(known, name));
    if (unknown !== undefined)
      return `${joined(path, unknown)} is no field of a config${hint(unknown, Object.keys(known))}`;
    const missing = needed.find((name) => value[name] === undefined);
    if (missing !== undefined) return `${joined(path, missing)} is missing`;
    return firstProblem(value, path, (name) => known[name]!);
  };

/** By the first test that is true of it; `wanted` says what there is. */
export const either =
  (wanted: string, ...cases: readonly (readonly [is: (value: unknown) => boolean, check: Check])[]): Check =>
  (value, path) => {
    const found = cases.find(([is]) => is(value));
    return found ? found[1](value, path) : wrong(path, wanted, value);
  };

export const isText = (value: unknown): boolean => typeof value === "string";

/** undefined is as good as nothing. */
function firstProblem(
  value: Readonly<Record<string, unknown>>,
  path: string,
  checkOf: (name: string) => Check,
): string | undefined {
  for (const [name, member] of Object.entries(value)) {
    const problem = member === undefined ? undefined : checkOf(name)(member, joined(path, name));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** `prices["openai/gpt-4o"].input` */
function joined(path: string, name: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

function hint(typed: string, known: readonly string[]): string {
  const nearest = nearestWord(typed, known);
  return nearest === undefined ? `; there are ${known.join(", ")}` : `; did you mean ${nearest}?`;
}
