/** Out of 100, as in Kura. */
const LEAST_SIMILARITY = 90;

/**
 * Which label an answer means: the same one, else the most similar one that is similar enough, else none. Of equally similar ones the
 * first.
 */
export function matchLabel(answer: string, labels: readonly string[]): string | undefined {
  if (labels.includes(answer)) return answer;
  let best: { label: string; similarity: number } | undefined;
  for (const label of labels) {
    // Comparing costs the product of the lengths, which answers that are essays need not cost.
    if (mostSimilar(answer, label) < LEAST_SIMILARITY) continue;
    const similarity = similarityOf(answer, label);
    if (similarity >= LEAST_SIMILARITY && similarity > (best?.similarity ?? 0)) best = { label, similarity };
  }
  return best?.label;
}

/**
 * 0 to 100, rounded: twice the longest common subsequence to both lengths together, counted in code points. This is the "ratio" of Python's
 * thefuzz, by which Kura compares.
 */
export function similarityOf(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  if (left.length + right.length === 0) return 100;
  let row = new Uint32Array(right.length + 1);
  for (const char of left) {
    const next = new Uint32Array(right.length + 1);
    right.forEach((other, at) => {
      next[at + 1] = char === other ? row[at]! + 1 : Math.max(row[at + 1]!, next[at]!);
    });
    row = next;
  }
  return Math.round((200 * row[right.length]!) / (left.length + right.length));
}

/** If all of the shorter one were in the longer one. */
function mostSimilar(a: string, b: string): number {
  const [left, right] = [[...a].length, [...b].length];
  return Math.round((200 * Math.min(left, right)) / (left + right || 1));
}
