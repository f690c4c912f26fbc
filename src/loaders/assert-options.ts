/** @throws {TypeError} For a name that is none of an option: a typing error would otherwise be a default. */
export function assertOptions(act: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new TypeError(`Cannot ${act} with option "${name}": there is none; there are ${known.join(", ")}`);
  }
}
