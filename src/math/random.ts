/** Numbers in [0, 1), the same for the same seed on every platform (mulberry32 by T. Ettinger, public domain). Seeds are integers modulo 2^32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A seed from words: 32 bits of FNV-1a over the UTF-16 units, mixed by the end of MurmurHash3. Not for telling contents apart. */
export function hashSeed(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Normally distributed numbers (Box and Muller 1958). */
export function gaussian(next: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** `size` different numbers below `count` in random order; all of them, ascending, where `size` is no less than `count`. */
export function sampleIndices(count: number, size: number, next: () => number): Int32Array {
  const indices = Int32Array.from({ length: count }, (_, index) => index);
  if (size >= count) return indices;
  for (let index = 0; index < size; index++) {
    const other = index + Math.floor(next() * (count - index));
    [indices[index], indices[other]] = [indices[other]!, indices[index]!];
  }
  return indices.slice(0, size);
}
