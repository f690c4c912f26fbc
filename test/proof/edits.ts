import { seededIndex } from "../support/random.js";

/** One row of an input that somebody edits. */
export interface Item {
  readonly id: string;
  /** What is sent. Different rows may have the same. */
  readonly text: string;
  /** What is kept with the row. */
  readonly tag: string;
}

const LETTERS = ["ü", "🦆", "\u2028", '"', "\\", "a", "b", "\n", "{", "0"];

/** An input as its owner edits it: rows are added, changed, removed, brought back and reordered. */
export class EditedInput {
  items: readonly Item[] = [];
  readonly #random: () => number;
  readonly #mayShare: (text: string) => boolean;
  readonly #removed: Item[] = [];
  #made = 0;

  /** @param mayShare Texts that more than one row may have. */
  constructor(random: () => number, mayShare: (text: string) => boolean) {
    this.#random = random;
    this.#mayShare = mayShare;
    const count = this.#below(25);
    for (let i = 0; i < count; i++) this.#add();
  }

  /** Some edits, of whatever kind. */
  edit(): void {
    for (let left = this.#below(6); left > 0; left--) {
      const kinds = [this.#add, this.#add, this.#changeText, this.#changeText, this.#changeTag, this.#remove];
      const rare = [this.#share, this.#swapTexts, this.#bringBack, this.#move, this.#shuffle, this.#halve];
      const all = [...kinds, ...kinds, ...rare];
      all[this.#below(all.length)]!.call(this);
    }
  }

  #below(count: number): number {
    return seededIndex(this.#random, count);
  }

  #text(): string {
    return `text ${this.#made++} ${LETTERS[this.#below(LETTERS.length)]}`;
  }

  #insert(item: Item): void {
    this.items = this.items.toSpliced(this.#below(this.items.length + 1), 0, item);
  }

  #replace(at: number, changes: Partial<Item>): void {
    this.items = this.items.map((item, i) => (i === at ? { ...item, ...changes } : item));
  }

  #add(): void {
    this.#insert({ id: `row ${this.#made}`, text: this.#text(), tag: "new" });
  }

  #changeText(): void {
    if (this.items.length > 0) this.#replace(this.#below(this.items.length), { text: this.#text() });
  }

  #changeTag(): void {
    if (this.items.length > 0) this.#replace(this.#below(this.items.length), { tag: `tag ${this.#made++}` });
  }

  #remove(): void {
    if (this.items.length === 0) return;
    const at = this.#below(this.items.length);
    this.#removed.push(this.items[at]!);
    this.items = this.items.toSpliced(at, 1);
  }

  #bringBack(): void {
    const item = this.#removed.pop();
    if (item) this.#insert(item);
  }

  /** Two rows with one text. */
  #share(): void {
    const text = this.items.find(({ text }) => this.#mayShare(text))?.text;
    if (text !== undefined) this.#replace(this.#below(this.items.length), { text });
  }

  #swapTexts(): void {
    if (this.items.length < 2) return;
    const [a, b] = [this.#below(this.items.length), this.#below(this.items.length)];
    const [textA, textB] = [this.items[a]!.text, this.items[b]!.text];
    this.#replace(a, { text: textB });
    this.#replace(b, { text: textA });
  }

  #move(): void {
    if (this.items.length === 0) return;
    const at = this.#below(this.items.length);
    const item = this.items[at]!;
    this.items = this.items.toSpliced(at, 1);
    this.#insert(item);
  }

  #shuffle(): void {
    const left = [...this.items];
    this.items = this.items.map(() => left.splice(this.#below(left.length), 1)[0]!);
  }

  #halve(): void {
    this.#removed.push(...this.items.filter((_, i) => i % 2 === 1));
    this.items = this.items.filter((_, i) => i % 2 === 0);
  }
}
