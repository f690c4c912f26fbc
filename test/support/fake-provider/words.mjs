/** 32 bits of FNV-1a, mixed at the end as in MurmurHash3. */
export function seedOf(text) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const COMMON = new Set(
  `a about all also an and any are as asked at be because been but by can could did do does for from get got had has have how i if in into
  is it its just like make me more my need no not of on one or other our out over please request she so some task than that the their
  them then there they this to too up us use used user wanted was we were what when where which who why will with would you your`.split(
    /\s+/,
  ),
);

/** Words that say what a text is about, in their order, with repetitions. */
export function tellingWords(text) {
  return (text.toLowerCase().match(/\p{L}[\p{L}\p{N}]{2,}/gu) ?? []).filter((word) => !COMMON.has(word));
}

/** The most frequent first, of equals the earlier. */
export function frequentWords(text, count) {
  const counts = new Map();
  for (const word of tellingWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([word]) => word);
}

/** A vector of length 1 in which texts with common words and parts of words lie together. */
export function hashedVector(text, dimensions) {
  const vector = new Float64Array(dimensions);
  const add = (feature, weight) => {
    const hash = seedOf(feature);
    vector[hash % dimensions] += hash & 0x40000000 ? weight : -weight;
  };
  for (const word of tellingWords(text)) {
    add(word, 1);
    for (let at = 0; at + 4 <= word.length; at++) add(`#${word.slice(at, at + 4)}`, 0.3);
  }
  const length = Math.hypot(...vector);
  if (length === 0) vector[0] = 1;
  return Array.from(vector, (value) => (length === 0 ? value : value / length));
}
