import { sketch } from "../rows/field-error.js";

/** Taken, but not told of: for this library itself, and its tests. */
const INTERNAL = ["onPhase", "asksAll"];

/**
 * Refuse what nobody would read: a misspelt option is a question that was never asked.
 *
 * @throws {TypeError} Naming the option, and those there are.
 */
export function assertKnownOptions(act: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`Cannot ${act}: options are an object, ${sketch(options)} was given`);
  const unknown = Object.keys(options).find((option) => !known.includes(option) && !INTERNAL.includes(option));
  if (unknown === undefined) return;
  throw new TypeError(`Cannot ${act}: unknown option "${unknown}"; options are ${known.join(", ")}`);
}

/** The options of these names, as far as they are given, and the others. */
export function splitOptions<O extends object, K extends keyof O>(
  options: O,
  names: readonly K[],
): readonly [Pick<O, K>, Omit<O, K>] {
  const entries = Object.entries(options);
  const isNamed = ([name]: [string, unknown]) => (names as readonly string[]).includes(name);
  return [
    Object.fromEntries(entries.filter(isNamed)) as Pick<O, K>,
    Object.fromEntries(entries.filter((entry) => !isNamed(entry))) as Omit<O, K>,
  ];
}
