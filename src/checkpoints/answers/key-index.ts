/** Where an answer is kept: bytes of a segment, which is known by its number. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
  readonly byteLength: number;
  readonly failed: boolean;
}

/**
 * An entry is six 32-bit words: the first half of the key (128 bits do not meet by chance, and what is read is compared in full), where the
 * line starts, and its length with a mark for failures. So it is in memory and in the index of a sealed segment.
 */
export const ENTRY_WORDS = 6;
const KEY_WORDS = 4;
const FAILED = 0x80000000;

const CHUNK_ENTRIES = 1 << 16;
const STORED_WORDS = ENTRY_WORDS + 1;
const NOWHERE = 0xffffffff;

export function writeEntry(
  words: Uint32Array,
  at: number,
  key: string,
  offset: number,
  byteLength: number,
  failed: boolean,
): void {
  for (let i = 0; i < KEY_WORDS; i++) words[at + i] = Number.parseInt(key.slice(8 * i, 8 * i + 8), 16);
  words[at + KEY_WORDS] = offset;
  words[at + KEY_WORDS + 1] = failed ? byteLength + FAILED : byteLength;
}

/** Keys to places: about 40 bytes an answer, outside of the JavaScript heap. */
export class KeyIndex {
  /** Open addressing: 0 is empty, else the number of an entry plus one. */
  #table = new Uint32Array(1 << 10);
  readonly #chunks: Uint32Array[] = [];
  #entries = 0;
  #gone = 0;
  readonly #scratch = new Uint32Array(ENTRY_WORDS);

  get size(): number {
    return this.#entries - this.#gone;
  }

  find(key: string): Place | undefined {
    writeEntry(this.#scratch, 0, key, 0, 0, false);
    const entry = this.#table[this.#slotOf(this.#scratch, 0)]! - 1;
    return entry < 0 ? undefined : this.#placeOf(entry);
  }

  /** What was known first stays, but that an answer takes the place of a failure. */
  add(key: string, { segment, offset, byteLength, failed }: Place): void {
    writeEntry(this.#scratch, 0, key, offset, byteLength, failed);
    this.#add(this.#scratch, 0, segment);
  }

  /** The same for the entries of a segment. */
  addEntries(entries: Uint32Array, segment: number): void {
    for (let at = 0; at < entries.length; at += ENTRY_WORDS) this.#add(entries, at, segment);
  }

  #add(words: Uint32Array, at: number, segment: number): void {
    const slot = this.#slotOf(words, at);
    const known = this.#table[slot]! - 1;
    if (known >= 0) {
      const place = this.#placeOf(known);
      const failed = words[at + KEY_WORDS + 1]! >= FAILED;
      if (place && (!place.failed || failed)) return;
      if (!place) this.#gone -= 1;
      this.#store(known, words, at, segment);
      return;
    }
    this.#table[slot] = ++this.#entries;
    this.#store(this.#entries - 1, words, at, segment);
    if (this.#entries * 3 > this.#table.length * 2) this.#grow();
  }

  /** Forget one place, if it still is the key's. */
  remove(key: string, { segment, offset }: Place): void {
    const place = this.find(key);
    if (place?.segment !== segment || place.offset !== offset) return;
    this.#forget(this.#table[this.#slotOf(this.#scratch, 0)]! - 1);
  }

  /** Forget what is in some segments. Looks at every entry. */
  removeSegments(segments: ReadonlySet<number>): void {
    for (let entry = 0; entry < this.#entries; entry++) {
      const place = this.#placeOf(entry);
      if (place && segments.has(place.segment)) this.#forget(entry);
    }
  }

  #slotOf(words: Uint32Array, at: number): number {
    const mask = this.#table.length - 1;
    for (let slot = words[at]! & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#table[slot]! - 1;
      if (entry < 0 || this.#hasKey(entry, words, at)) return slot;
    }
  }

  #hasKey(entry: number, words: Uint32Array, at: number): boolean {
    const chunk = this.#chunks[Math.floor(entry / CHUNK_ENTRIES)]!;
    const start = (entry % CHUNK_ENTRIES) * STORED_WORDS;
    for (let i = 0; i < KEY_WORDS; i++) if (chunk[start + i] !== words[at + i]) return false;
    return true;
  }

  #placeOf(entry: number): Place | undefined {
    const chunk = this.#chunks[Math.floor(entry / CHUNK_ENTRIES)]!;
    const start = (entry % CHUNK_ENTRIES) * STORED_WORDS + KEY_WORDS;
    const segment = chunk[start + 2]!;
    if (segment === NOWHERE) return undefined;
    const length = chunk[start + 1]!;
    const failed = length >= FAILED;
    return { segment, offset: chunk[start]!, byteLength: failed ? length - FAILED : length, failed };
  }

  #store(entry: number, words: Uint32Array, at: number, segment: number): void {
    const number = Math.floor(entry / CHUNK_ENTRIES);
    this.#chunks[number] ??= new Uint32Array(CHUNK_ENTRIES * STORED_WORDS);
    const chunk = this.#chunks[number];
    const start = (entry % CHUNK_ENTRIES) * STORED_WORDS;
    for (let i = 0; i < ENTRY_WORDS; i++) chunk[start + i] = words[at + i]!;
    chunk[start + ENTRY_WORDS] = segment;
  }

  /** The key stays, so that others that were put past it are still found. */
  #forget(entry: number): void {
    const chunk = this.#chunks[Math.floor(entry / CHUNK_ENTRIES)]!;
    chunk[(entry % CHUNK_ENTRIES) * STORED_WORDS + ENTRY_WORDS] = NOWHERE;
    this.#gone += 1;
  }

  #grow(): void {
    this.#table = new Uint32Array(this.#table.length * 2);
    for (let entry = 0; entry < this.#entries; entry++) {
      const chunk = this.#chunks[Math.floor(entry / CHUNK_ENTRIES)]!;
      this.#table[this.#slotOf(chunk, (entry % CHUNK_ENTRIES) * STORED_WORDS)] = entry + 1;
    }
  }
}
