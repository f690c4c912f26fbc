import { FieldError } from "../../rows/field-error.js";
import { ByteBuffer } from "../columnar/byte-buffer.js";
import { BloomFilter } from "./bloom-filter.js";
import { ChunkBuilder, type ChunkOptions } from "./chunk-builder.js";
import { Dictionary } from "./dictionary.js";
import { bitWidthOf } from "./hybrid.js";
import { LevelRuns } from "./level-runs.js";
import { MAX_ROW_SLOTS } from "./limits.js";
import { type ColumnMetaData, type Encoding, PHYSICAL_TYPES, type Statistics } from "./metadata.js";
import { BOOL, type PlainType, type Range } from "./plain-values.js";

/**
 * A page ends with the row that fills one of these. Small pages are what makes random access cheap and keeps the event loop free; of a
 * quarter of these sizes, files would be larger by 1 %.
 */
const PAGE_ROWS = 2500;
const PAGE_BYTES = 1 << 20;
const PAGE_SLOTS = 1 << 20;

/** A dictionary is given up when it holds so many values and more than half of what was written, or so many bytes. */
const DICTIONARY_TRIAL = 128;
const DICTIONARY_BYTES = 1 << 20;

const NOTHING = new Uint8Array(0);

export interface LeafPlace {
  readonly path: readonly string[];
  readonly maxDefinition: number;
  readonly maxRepetition: number;
}

/** Where a page ends: in rows, slots, values, bytes of values, and runs of levels. */
interface Mark {
  rows: number;
  slots: number;
  values: number;
  bytes: number;
  repetitionRuns: number;
  definitionRuns: number;
}

export interface EncodedChunk {
  metadata: ColumnMetaData;
  bloomFilter: BloomFilter | undefined;
}

/**
 * One leaf column of the row group that is being filled: its values in PLAIN encoding, or in a dictionary as long as they repeat, and
 * its levels. https://parquet.apache.org/docs/file-format/nestedencoding/
 */
export class LeafWriter {
  readonly place: LeafPlace;
  readonly #type: PlainType;
  readonly #hasStatistics: boolean;
  readonly #hasBloomFilter: boolean;
  readonly #repetition = new LevelRuns();
  readonly #definition = new LevelRuns();
  readonly #plain = new ByteBuffer(1 << 16);
  readonly #dictionary: Dictionary | undefined;
  #range: Range<never> | undefined;
  #inDictionary: boolean;
  #at: Mark = startMark();
  #marks: Mark[] = [];
  /** Where the page in hand began, and the row. */
  #pageStart: Mark = startMark();
  #rowSlots = 0;

  constructor(
    place: LeafPlace,
    type: PlainType,
    { hasStatistics = true, hasBloomFilter = false }: { hasStatistics?: boolean; hasBloomFilter?: boolean } = {},
  ) {
    this.place = place;
    this.#type = type;
    this.#hasStatistics = hasStatistics;
    this.#hasBloomFilter = hasBloomFilter;
    this.#dictionary = type.hasDictionary ? new Dictionary(type) : undefined;
    this.#inDictionary = this.#dictionary !== undefined;
    this.#range = hasStatistics ? type.range() : undefined;
  }

  append(value: unknown, repetition: number): void {
    this.#slots(repetition, this.place.maxDefinition);
    if (this.#dictionary && this.#inDictionary) this.#appendToDictionary(this.#dictionary, value);
    else this.#appendPlain(value);
    this.#at.values++;
  }

  /** @param definition How much of the path is there. */
  appendNull(repetition: number, definition: number): void {
    this.#slots(repetition, definition);
  }

  /** The items of one list that is not empty. */
  appendFloats(floats: Float32Array, repetition: number): void {
    const { maxRepetition, maxDefinition } = this.place;
    this.#repetition.push(repetition, 1);
    if (floats.length > 1) this.#repetition.push(maxRepetition, floats.length - 1);
    this.#definition.push(maxDefinition, floats.length);
    this.#plain.append(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength));
    this.#at.slots += floats.length;
    this.#at.values += floats.length;
    this.#at.bytes = this.#plain.length;
  }

  /** @throws {FieldError} If the row holds more of this column than could be read again. */
  endRow(): void {
    const { rows, bytes, slots } = this.#at;
    if (slots - this.#rowSlots > MAX_ROW_SLOTS) {
      const reason = `it holds ${slots - this.#rowSlots} values; a row may have ${MAX_ROW_SLOTS} of one column`;
      throw new FieldError(this.place.path.join("."), reason);
    }
    this.#rowSlots = slots;
    this.#at.rows = rows + 1;
    const { rows: pageRows, bytes: pageBytes, slots: pageSlots } = this.#pageStart;
    const isFull =
      rows + 1 - pageRows >= PAGE_ROWS || bytes - pageBytes >= PAGE_BYTES || slots - pageSlots >= PAGE_SLOTS;
    if (isFull) this.#endPage();
  }

  /** Writes the chunk of the rows so far; afterwards the next row group may be filled. */
  async encode(options: ChunkOptions): Promise<EncodedChunk> {
    if (this.#at.rows > this.#pageStart.rows) this.#endPage();
    const dictionary = this.#inDictionary ? this.#dictionary : undefined;
    const chunk = new ChunkBuilder(options);
    if (dictionary) await chunk.addDictionary(dictionary.plain, dictionary.size);
    const { page } = options;
    let from = startMark();
    for (const to of this.#marks) {
      page.length = 0;
      this.#encodeLevels(page, from, to);
      const { rest, encoding } = this.#encodeValues(page, from, to);
      await chunk.addData(page, rest, to.slots - from.slots, encoding);
      from = to;
    }
    const encoded: EncodedChunk = {
      metadata: {
        type: PHYSICAL_TYPES.indexOf(this.#type.physical),
        path_in_schema: this.place.path,
        num_values: this.#at.slots,
        ...chunk.metadata,
        statistics: this.#statistics(),
      },
      bloomFilter: this.#hasBloomFilter ? this.#bloomFilter(dictionary) : undefined,
    };
    this.#clear();
    return encoded;
  }

  #slots(repetition: number, definition: number): void {
    if (this.place.maxRepetition > 0) this.#repetition.push(repetition, 1);
    if (this.place.maxDefinition > 0) this.#definition.push(definition, 1);
    this.#at.slots++;
  }

  #appendPlain(value: unknown): void {
    this.#type.put(this.#plain, value as never);
    this.#at.bytes = this.#plain.length;
    this.#range?.extend(value as never);
  }

  #appendToDictionary(dictionary: Dictionary, value: unknown): void {
    const { isNew, byteLength } = dictionary.add(value);
    this.#at.bytes += byteLength;
    if (!isNew) return;
    this.#range?.extend(value as never);
    const isLarge = dictionary.plain.length > DICTIONARY_BYTES;
    if (isLarge || (dictionary.size > DICTIONARY_TRIAL && dictionary.size * 2 > this.#at.values)) {
      dictionary.writePlain(this.#plain);
      dictionary.clear();
      this.#inDictionary = false;
    }
  }

  #endPage(): void {
    const { rows, slots, values, bytes } = this.#at;
    this.#pageStart = mark(rows, slots, values, bytes, this.#repetition.cut(), this.#definition.cut());
    this.#marks.push(this.#pageStart);
  }

  #encodeLevels(body: ByteBuffer, from: Mark, to: Mark): void {
    const { maxRepetition, maxDefinition } = this.place;
    if (maxRepetition > 0)
      encodeSized(body, () =>
        this.#repetition.encode(from.repetitionRuns, to.repetitionRuns, bitWidthOf(maxRepetition), body),
      );
    if (maxDefinition > 0)
      encodeSized(body, () =>
        this.#definition.encode(from.definitionRuns, to.definitionRuns, bitWidthOf(maxDefinition), body),
      );
  }

  /** Into the page, or where they stand already: then they are the rest of it. */
  #encodeValues(page: ByteBuffer, from: Mark, to: Mark): { rest: Uint8Array; encoding: Encoding } {
    if (this.#dictionary && this.#inDictionary) {
      this.#dictionary.encodeIndexes(from.values, to.values, page);
      return { rest: NOTHING, encoding: "RLE_DICTIONARY" };
    }
    if (this.#type !== BOOL) return { rest: this.#plain.view(from.bytes, to.bytes), encoding: "PLAIN" };
    packBits(this.#plain.view(from.values, to.values), page);
    return { rest: NOTHING, encoding: "PLAIN" };
  }

  #statistics(): Statistics {
    const bounds = this.#range?.bounds();
    return {
      null_count: this.#at.slots - this.#at.values,
      ...(bounds?.max && { max_value: bounds.max, is_max_value_exact: bounds.isMaxExact }),
      ...(bounds && { min_value: bounds.min, is_min_value_exact: bounds.isMinExact }),
    };
  }

  #bloomFilter(dictionary: Dictionary | undefined): BloomFilter {
    const { width } = this.#type;
    const filter = BloomFilter.for(dictionary?.size ?? this.#at.values);
    if (dictionary) filter.addEach(dictionary.plain.view(), width);
    let start = 0;
    for (const { bytes } of dictionary ? [] : this.#marks) {
      filter.addEach(this.#plain.view(start, bytes), width);
      start = bytes;
    }
    return filter;
  }

  #clear(): void {
    this.#repetition.clear();
    this.#definition.clear();
    this.#plain.length = 0;
    this.#dictionary?.clear();
    this.#inDictionary = this.#dictionary !== undefined;
    this.#range = this.#hasStatistics ? this.#type.range() : undefined;
    this.#at = startMark();
    this.#marks = [];
    this.#pageStart = startMark();
    this.#rowSlots = 0;
  }
}

function startMark(): Mark {
  return mark(0, 0, 0, 0, 0, 0);
}

/** All marks are made here: code that knows objects of one shape is compiled once. */
function mark(
  rows: number,
  slots: number,
  values: number,
  bytes: number,
  repetitionRuns: number,
  definitionRuns: number,
): Mark {
  return { rows, slots, values, bytes, repetitionRuns, definitionRuns };
}

/** Behind four bytes that say how many there are. */
function encodeSized(body: ByteBuffer, encode: () => void): void {
  const start = body.length;
  body.uint32(0);
  encode();
  body.bytes.writeUInt32LE(body.length - start - 4, start);
}

function packBits(values: Uint8Array, out: ByteBuffer): void {
  for (let at = 0; at < values.length; at += 8) {
    let bits = 0;
    for (let bit = 0; bit < 8 && at + bit < values.length; bit++) bits |= values[at + bit]! << bit;
    out.byte(bits);
  }
}
