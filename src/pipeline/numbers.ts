/** @throws {RangeError} */
export function assertPositiveInteger(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`Cannot use ${value} as ${name}: an integer >= 1 is needed`);
}
