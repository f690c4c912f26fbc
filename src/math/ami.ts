/**
 * Agreement of two partitions of the same things, corrected for chance: 1 is equal, 0 is what chance gives. Adjusted mutual information
 * with the arithmetic mean, as in scikit-learn (Vinh, Epps and Bailey 2010). Costs distinct cluster sizes of a x those of
 * b x size.
 */
export function adjustedMutualInformation(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  if (a.length !== b.length) throw new RangeError(`Cannot compare partitions of ${a.length} and ${b.length} things`);
  const n = a.length;
  const joint = new Map<string | number, Map<string | number, number>>();
  const sizesA = countOf(a);
  const sizesB = countOf(b);
  if (sizesA.size === sizesB.size && (sizesA.size <= 1 || sizesA.size === n)) return 1;
  for (let index = 0; index < n; index++) {
    const row = joint.get(a[index]!) ?? new Map<string | number, number>();
    joint.set(a[index]!, row);
    row.set(b[index]!, (row.get(b[index]!) ?? 0) + 1);
  }
  let information = 0;
  for (const [left, row] of joint) {
    for (const [right, count] of row) {
      information += (count / n) * Math.log((n * count) / (sizesA.get(left)! * sizesB.get(right)!));
    }
  }
  const expected = expectedInformation(countOf([...sizesA.values()]), countOf([...sizesB.values()]), n);
  const mean = (entropyOf(sizesA, n) + entropyOf(sizesB, n)) / 2;
  return (information - expected) / (mean - expected);
}

function countOf<T>(labels: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

function entropyOf(sizes: Map<string | number, number>, n: number): number {
  let entropy = 0;
  for (const size of sizes.values()) entropy -= (size / n) * Math.log(size / n);
  return entropy;
}

/** What two random partitions with clusters of these sizes would share (hypergeometric). Clusters of one size count alike: `size -> how many`. */
function expectedInformation(
  sizesA: ReadonlyMap<number, number>,
  sizesB: ReadonlyMap<number, number>,
  n: number,
): number {
  const logFactorial = new Float64Array(n + 1);
  for (let index = 2; index <= n; index++) logFactorial[index] = logFactorial[index - 1]! + Math.log(index);
  let expected = 0;
  for (const [left, timesLeft] of sizesA) {
    for (const [right, timesRight] of sizesB) {
      const fixed =
        logFactorial[left]! +
        logFactorial[right]! +
        logFactorial[n - left]! +
        logFactorial[n - right]! -
        logFactorial[n]!;
      let shared = 0;
      for (let both = Math.max(1, left + right - n); both <= Math.min(left, right); both++) {
        const logProbability =
          fixed -
          logFactorial[both]! -
          logFactorial[left - both]! -
          logFactorial[right - both]! -
          logFactorial[n - left - right + both]!;
        shared += (both / n) * Math.log((n * both) / (left * right)) * Math.exp(logProbability);
      }
      expected += timesLeft * timesRight * shared;
    }
  }
  return expected;
}
