/**
 * Refuse what nobody would read: a misspelt option is a question that was never asked.
 *
 * @throws {TypeError} Naming the option, and those there are.
 */
export function assertKnownOptions(act: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown === undefined) return;
  throw new TypeError(`Cannot ${act}: unknown option "${unknown}"; options are ${known.join(", ")}`);
}
