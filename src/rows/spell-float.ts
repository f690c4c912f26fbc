/**
 * A float as pydantic's JSON writer spells it (checked against pydantic 2.13.5): the shortest digits that read back as the same double,
 * with `.0` on integers; exponents from 1e16 up and below 1e-5.
 */
export function spellFloat(value: number): string {
  if (Number.isInteger(value)) {
    if (Math.abs(value) < 1e16) return Object.is(value, -0) ? "-0.0" : `${value}.0`;
    return value.toExponential();
  }
  // JavaScript starts to use exponents below 1e-6, Python's writer below 1e-5.
  const magnitude = Math.abs(value);
  return magnitude < 1e-5 && magnitude >= 1e-6 ? value.toExponential() : String(value);
}
