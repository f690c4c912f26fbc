import { damaged } from "../columnar/damage.js";
import type { Access } from "../columnar/leaf-access.js";
import type { Values } from "../columnar/values.js";
import { MAX_HELD_SLOTS } from "./limits.js";
import type { ChunkPages, Page } from "./pages.js";
import type { Leaf } from "./schema.js";

/**
 * Where one is in a chunk of a leaf column. Pages are loaded ahead, by `fill`; what is loaded is then taken without waiting.
 */
export class LeafCursor {
  readonly #pages: ChunkPages;
  readonly #maxDefinition: number;
  readonly #isInList: boolean;
  readonly #accessTo: (values: Values) => Access;
  /** Loaded and not used up; the first is where one is. */
  #loaded: Page[] = [];
  #held = 0;
  #isBegun = false;
  #isEnd = false;
  /** Rows that began in loaded pages and were not taken. */
  #rows = 0;
  #slot = 0;
  #value = 0;
  #access: Access = () => undefined;

  constructor(pages: ChunkPages, { maxDefinition, maxRepetition }: Leaf, accessTo: (values: Values) => Access) {
    this.#pages = pages;
    this.#maxDefinition = maxDefinition;
    this.#isInList = maxRepetition > 0;
    this.#accessTo = accessTo;
  }

  /** Load until so many rows are there as a whole. @throws {Damage} If the chunk holds fewer. */
  async fill(rows: number): Promise<void> {
    while (this.loadedRows < rows) {
      if (this.#isEnd) damaged("a column has fewer rows than its row group");
      const page = await this.#pages.next();
      if (!page) this.#isEnd = true;
      else if (page.slots > 0) this.#push(page);
    }
  }

  /** Past rows of which nothing is needed; pages that hold none other are not even decompressed. */
  async skip(rows: number): Promise<void> {
    let left = rows;
    while (left > 0) {
      const loaded = Math.min(left, this.loadedRows);
      this.skipLoaded(loaded);
      left -= loaded;
      if (left === 0) return;
      // Where lists are, only its levels say how many rows a page holds.
      const slots = this.#loaded.length === 0 && !this.#isInList ? await this.#pages.nextSlots() : undefined;
      if (slots !== undefined && slots <= left) {
        await this.#pages.skip();
        left -= slots;
      } else {
        await this.fill(Math.min(left, this.loadedRows + 1));
      }
    }
  }

  /** Whether the chunk holds anything more. */
  async isAtEnd(): Promise<boolean> {
    return this.#loaded.length === 0 && (this.#isEnd || (await this.#pages.nextSlots()) === undefined);
  }

  /** Of the slot where one is. */
  get definition(): number {
    return this.#page.definition?.[this.#slot] ?? this.#maxDefinition;
  }

  /** Of the slot where one is; 0 at the end, as at the beginning of a row. */
  get repetition(): number {
    return this.#loaded[0]?.repetition?.[this.#slot] ?? 0;
  }

  /** The value of the slot, null where it has none, and on to the next. */
  take(): unknown {
    const page = this.#page;
    const isThere = page.definition === undefined || page.definition[this.#slot] === this.#maxDefinition;
    const value = isThere ? this.#access(this.#value++) : null;
    this.#advance(page, this.#slot + 1);
    return value;
  }

  /** The numbers of the slots to the end of the row, none of which may be null. */
  takeNumbers(): Float32Array {
    const page = this.#page;
    const { repetition, definition, values } = page;
    if (values.kind !== "numbers" || !repetition) return damaged("a vector is not made of floats");
    const next = repetition.indexOf(0, this.#slot + 1);
    const end = next < 0 ? page.slots : next;
    for (let slot = this.#slot; definition && slot < end; slot++)
      if (definition[slot] !== this.#maxDefinition) damaged("a vector holds a null");
    const length = end - this.#slot;
    const { array } = values;
    const numbers =
      array instanceof Float32Array
        ? array.subarray(this.#value, this.#value + length)
        : Float32Array.from(array.subarray(this.#value, this.#value + length));
    this.#value += length;
    this.#advance(page, end);
    if (next >= 0 || this.repetition === 0) return numbers;
    const rest = this.takeNumbers();
    const joined = new Float32Array(numbers.length + rest.length);
    joined.set(numbers);
    joined.set(rest, numbers.length);
    return joined;
  }

  /** Past rows that are loaded. */
  skipLoaded(rows: number): void {
    for (let left = rows; left > 0; ) {
      const page = this.#page;
      if (page.repetition === undefined && page.definition === undefined) {
        const step = Math.min(left, page.slots - this.#slot);
        this.#value += step;
        this.#rows -= step - 1;
        this.#advance(page, this.#slot + step);
        left -= step;
      } else {
        this.#skipRow();
        left--;
      }
    }
  }

  #skipRow(): void {
    do {
      const page = this.#page;
      if (page.definition === undefined || page.definition[this.#slot] === this.#maxDefinition) this.#value++;
      this.#advance(page, this.#slot + 1);
    } while (this.repetition > 0);
  }

  get #page(): Page {
    return this.#loaded[0] ?? damaged("a column holds fewer values than its levels say");
  }

  /** Rows that can be taken without waiting. The last one may go on in the next page, until there is none. */
  get loadedRows(): number {
    return this.#isInList && !this.#isEnd ? Math.max(0, this.#rows - 1) : this.#rows;
  }

  #push(page: Page): void {
    const { repetition } = page;
    if (!this.#isBegun && repetition && repetition[0] !== 0) damaged("a column begins inside a row");
    this.#isBegun = true;
    this.#rows += page.rows;
    this.#held += page.slots;
    if (this.#held > MAX_HELD_SLOTS) damaged(`a few hundred rows hold more than ${MAX_HELD_SLOTS} values`);
    this.#loaded.push(page);
    if (this.#loaded.length === 1) this.#begin(page);
  }

  #begin(page: Page): void {
    this.#slot = 0;
    this.#value = 0;
    this.#access = this.#accessTo(page.values);
  }

  #advance(page: Page, slot: number): void {
    this.#slot = slot;
    if (slot === page.slots) {
      this.#loaded.shift();
      this.#held -= page.slots;
      const [next] = this.#loaded;
      if (next) this.#begin(next);
      else this.#slot = 0;
    }
    if (this.repetition === 0) this.#rows--;
  }
}
