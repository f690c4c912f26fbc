/** @throws {RangeError} */
export function assertPositiveInteger(name: string, value: number, most?: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= (most ?? value)) return;
  const wanted = most === undefined ? "an integer >= 1" : `an integer from 1 to ${most}`;
  throw new RangeError(`Cannot use ${value} as ${name}: ${wanted} is needed`);
}
