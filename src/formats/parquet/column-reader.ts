import type { Row } from "../../rows/column.js";
import { FieldError, within } from "../../rows/field-error.js";
import { damaged, RowError } from "../columnar/damage.js";
import { setMember } from "../columnar/set-member.js";
import { ChunkBytes } from "./chunk-bytes.js";
import { type Codec, codecOf } from "./codecs.js";
import type { Group } from "./footer.js";
import { LeafCursor } from "./leaf-cursor.js";
import type { CodecName } from "./metadata.js";
import { ChunkPages } from "./pages.js";
import type { Table } from "./table.js";

/** Of a chunk that nothing is known of, read at once. */
const WINDOW_BYTES = 2 << 20;
/** Chunks of ours are pieces, or a few: part of one would be verified, and read, as a whole each time. None is larger. */
const VERIFIED_WINDOW_BYTES = 64 << 20;

/** One column of one row group, opened when it is first read. */
export class ColumnReader {
  readonly #table: Table;
  readonly #group: Group;
  readonly #name: string;
  readonly #signal: AbortSignal | undefined;
  #read: (() => unknown) | undefined;
  #cursors: readonly LeafCursor[] = [];
  #row: number;

  constructor(table: Table, group: Group, name: string, signal: AbortSignal | undefined) {
    this.#table = table;
    this.#group = group;
    this.#name = name;
    this.#signal = signal;
    this.#row = group.rowStart;
  }

  async readAll(rows: readonly Row[], firstRow: number): Promise<void> {
    await this.#advance(firstRow, rows.length);
    for (const row of rows) this.#readInto(row);
  }

  /** @param offsets Which rows of those from `firstRow` on `rows` are. */
  async readSome(rows: readonly Row[], offsets: readonly number[], firstRow: number): Promise<void> {
    for (const [index, offset] of offsets.entries()) {
      if (!this.#advanceLoaded(firstRow + offset)) await this.#advance(firstRow + offset, 1);
      this.#readInto(rows[index]!);
    }
  }

  async skipTo(row: number): Promise<void> {
    await this.#open();
    for (const cursor of this.#cursors) await cursor.skip(row - this.#row);
    this.#row = row;
  }

  async assertEnd(): Promise<void> {
    for (const cursor of this.#cursors)
      if (!(await cursor.isAtEnd())) damaged(`column "${this.#name}" has more rows than its row group`);
  }

  /** To a row that needs no waiting for, if it is one: most are, and waiting for nothing costs more than reading. */
  #advanceLoaded(row: number): boolean {
    const skipped = row - this.#row;
    if (!this.#read || this.#cursors.some(({ loadedRows }) => loadedRows <= skipped)) return false;
    for (const cursor of this.#cursors) cursor.skipLoaded(skipped);
    this.#row = row;
    return true;
  }

  async #advance(row: number, count: number): Promise<void> {
    await this.skipTo(row);
    for (const cursor of this.#cursors) await cursor.fill(count);
  }

  #readInto(row: Row): void {
    const name = this.#name;
    let value: unknown = null;
    try {
      if (this.#read) value = this.#read();
      for (const { repetition } of this.#cursors) if (repetition !== 0) damaged("its parts do not fit together");
    } catch (error) {
      if (error instanceof FieldError) throw new RowError(this.#row, within(name, error) as FieldError);
      throw error;
    }
    this.#row++;
    if (name === "__proto__") setMember(row, name, value);
    else row[name] = value;
  }

  async #open(): Promise<void> {
    const assembler = this.#table.assemblers.get(this.#name);
    if (this.#read || !assembler) return;
    const { source, options } = this.#table;
    const codecs = new Map<CodecName, Codec>();
    for (const { index } of assembler.leaves) {
      const { codec } = this.#group.chunks[index]!;
      codecs.set(codec, await codecOf(codec));
    }
    const assembly = assembler.open((leaf, accessTo) => {
      const { byteStart, byteEnd, codec, slots } = this.#group.chunks[leaf.index]!;
      const bytes = new ChunkBytes(source, {
        start: byteStart,
        end: byteEnd,
        windowBytes: options.pieces ? VERIFIED_WINDOW_BYTES : WINDOW_BYTES,
        signal: this.#signal,
      });
      const pages = new ChunkPages(bytes, leaf, {
        codec: codecs.get(codec)!,
        slots,
        isVerified: options.pieces !== undefined,
      });
      return new LeafCursor(pages, leaf, accessTo);
    });
    this.#read = assembly.read;
    this.#cursors = assembly.cursors;
  }
}
