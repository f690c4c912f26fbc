import { crc32 } from "node:zlib";
import { KuraError } from "../../errors.js";
import { breathe } from "../columnar/breathe.js";
import { Damage, damaged } from "../columnar/damage.js";
import type { Values } from "../columnar/values.js";
import type { ChunkBytes } from "./chunk-bytes.js";
import type { Codec } from "./codecs.js";
import { bitWidthOf, countEach, decodeHybrid, type Tally, unpackHighFirst } from "./hybrid.js";
import { MAX_PAGE_BYTES, MAX_PAGE_SLOTS } from "./limits.js";
import { ENCODINGS, type Encoding, PAGE_TYPES, PageHeader } from "./metadata.js";
import type { Leaf } from "./schema.js";
import { decodeThrift, Truncated } from "./thrift.js";
import { decodeValues } from "./values.js";

export interface Page {
  readonly slots: number;
  /** How many begin in it. */
  readonly rows: number;
  /** Undefined where the column is in no list. */
  readonly repetition: Uint8Array | undefined;
  /** Undefined where nothing is null or empty. */
  readonly definition: Uint8Array | undefined;
  readonly values: Values;
}

/** Headers are short, but some writers put whole values into them as bounds. */
const FIRST_HEADER_BYTES = 4 << 10;
const LONGEST_HEADER_BYTES = 16 << 20;

/** The data pages of one chunk, in order; a page is decoded when it is asked for. */
export class ChunkPages {
  readonly #bytes: ChunkBytes;
  readonly #leaf: Leaf;
  readonly #codec: Codec;
  /** All bytes were compared with what was saved: pages need not be. */
  readonly #isVerified: boolean;
  /** That the footer claims and no page has given yet. */
  #slotsLeft: number;
  #dictionary: Values | undefined;
  #header: PageHeader | undefined;

  constructor(
    bytes: ChunkBytes,
    leaf: Leaf,
    { codec, slots, isVerified }: { codec: Codec; slots: number; isVerified: boolean },
  ) {
    this.#bytes = bytes;
    this.#leaf = leaf;
    this.#codec = codec;
    this.#isVerified = isVerified;
    this.#slotsLeft = slots;
  }

  /** Slots of the next data page, or undefined at the end. */
  async nextSlots(): Promise<number | undefined> {
    while (this.#slotsLeft > 0) {
      this.#header ??= await this.#readHeader();
      const slots = slotsOf(this.#header);
      if (slots !== undefined) return slots;
      await this.#readOther(this.#header);
      this.#header = undefined;
    }
    return undefined;
  }

  async next(): Promise<Page | undefined> {
    const slots = await this.nextSlots();
    if (slots === undefined) return undefined;
    const header = this.#use(slots);
    const stored = await this.#bytes.take(header.compressed_page_size!);
    if (!this.#isVerified) assertChecksum(stored, header);
    const page = header.data_page_header_v2
      ? await this.#decodeV2(stored, header, slots)
      : await this.#decodeV1(stored, header, slots);
    await breathe();
    return page;
  }

  /** Past the next data page, without decoding it. */
  async skip(): Promise<void> {
    const slots = await this.nextSlots();
    if (slots !== undefined) this.#bytes.skip(this.#use(slots).compressed_page_size!);
  }

  #use(slots: number): PageHeader {
    const header = this.#header!;
    this.#header = undefined;
    this.#slotsLeft -= slots;
    if (this.#slotsLeft < 0) damaged("its pages hold more values than its column claims");
    return header;
  }

  async #readHeader(): Promise<PageHeader> {
    for (let length = FIRST_HEADER_BYTES; ; length *= 8) {
      const bytes = await this.#bytes.peek(length);
      try {
        const { value, byteLength } = decodeThrift(PageHeader, bytes);
        this.#bytes.skip(byteLength);
        assertSizes(value, this.#bytes.remaining);
        return value;
      } catch (error) {
        if (!(error instanceof Truncated)) throw error;
        if (bytes.length >= this.#bytes.remaining) damaged("its pages end before its values do");
        if (length > LONGEST_HEADER_BYTES) damaged("the header of a page has no end");
      }
    }
  }

  /** A dictionary; index pages were never used. */
  async #readOther(header: PageHeader): Promise<void> {
    if (!header.dictionary_page_header) {
      this.#bytes.skip(header.compressed_page_size!);
      return;
    }
    if (this.#dictionary) damaged("a column has two dictionaries");
    const stored = await this.#bytes.take(header.compressed_page_size!);
    if (!this.#isVerified) assertChecksum(stored, header);
    const bytes = await this.#decompress(stored, header.uncompressed_page_size!);
    const { num_values: count = -1, encoding } = header.dictionary_page_header;
    assertCount(count);
    const isPlain = ENCODINGS[encoding ?? -1] === "PLAIN" || ENCODINGS[encoding ?? -1] === "PLAIN_DICTIONARY";
    if (!isPlain) damaged("a dictionary is encoded in an unknown way");
    this.#dictionary = decodeValues(this.#leaf, "PLAIN", bytes, count, undefined);
  }

  async #decodeV1(stored: Uint8Array, header: PageHeader, slots: number): Promise<Page> {
    const bytes = await this.#decompress(stored, header.uncompressed_page_size!);
    const {
      encoding,
      repetition_level_encoding: repetitionEncoding,
      definition_level_encoding: definitionEncoding,
    } = header.data_page_header!;
    const { maxRepetition, maxDefinition } = this.#leaf;
    const repetition = readLevels(bytes, 0, slots, maxRepetition, ENCODINGS[repetitionEncoding ?? -1], 0);
    const start = repetition?.end ?? 0;
    const definition = readLevels(
      bytes,
      start,
      slots,
      maxDefinition,
      ENCODINGS[definitionEncoding ?? -1],
      maxDefinition,
    );
    return this.#page(slots, repetition, definition, bytes.subarray(definition?.end ?? start), encoding);
  }

  async #decodeV2(stored: Uint8Array, header: PageHeader, slots: number): Promise<Page> {
    const {
      encoding,
      is_compressed: isCompressed = true,
      repetition_levels_byte_length: repetitionBytes = 0,
      definition_levels_byte_length: definitionBytes = 0,
    } = header.data_page_header_v2!;
    const levelBytes = repetitionBytes + definitionBytes;
    const valueBytes = header.uncompressed_page_size! - levelBytes;
    if (repetitionBytes < 0 || definitionBytes < 0 || levelBytes > stored.length || valueBytes < 0)
      damaged("the levels of a page are longer than the page");
    const { maxRepetition, maxDefinition } = this.#leaf;
    const repetition = decodeLevels(stored, 0, repetitionBytes, slots, maxRepetition, 0);
    const definition = decodeLevels(stored, repetitionBytes, levelBytes, slots, maxDefinition, maxDefinition);
    const rest = stored.subarray(levelBytes);
    const values = isCompressed && rest.length > 0 ? await this.#decompress(rest, valueBytes) : rest;
    return this.#page(slots, repetition, definition, values, encoding);
  }

  #page(
    slots: number,
    repetition: Levels | undefined,
    definition: Levels | undefined,
    bytes: Uint8Array,
    encoding: number | undefined,
  ): Page {
    const count = definition?.count ?? slots;
    const name = ENCODINGS[encoding ?? -1];
    if (!name) return damaged("a page is encoded in an unknown way");
    return {
      slots,
      rows: repetition?.count ?? slots,
      repetition: repetition?.levels,
      definition: count === slots ? undefined : definition?.levels,
      values: decodeValues(this.#leaf, name, bytes, count, this.#dictionary),
    };
  }

  async #decompress(stored: Uint8Array, byteLength: number): Promise<Uint8Array> {
    let bytes: Uint8Array;
    try {
      const decompressed = this.#codec.decompress(stored, byteLength);
      bytes = decompressed instanceof Promise ? await decompressed : decompressed;
    } catch (error) {
      if (error instanceof Damage || error instanceof KuraError) throw error;
      throw new Damage("a page cannot be decompressed", { cause: error });
    }
    if (bytes.length !== byteLength) damaged(`a page holds ${bytes.length} bytes and claims ${byteLength}`);
    return bytes;
  }
}

/** Undefined if it is not a page of data. */
function slotsOf(header: PageHeader): number | undefined {
  const type = PAGE_TYPES[header.type ?? -1];
  const data = type === "DATA_PAGE" ? header.data_page_header : header.data_page_header_v2;
  if (type !== "DATA_PAGE" && type !== "DATA_PAGE_V2") {
    if (type === "DICTIONARY_PAGE" && !header.dictionary_page_header) damaged("a dictionary has no header");
    if (!type) damaged("a page is of an unknown type");
    return undefined;
  }
  if (!data) return damaged("a page of data has no header");
  return assertCount(data.num_values ?? -1);
}

function assertCount(count: number): number {
  if (count < 0 || count > MAX_PAGE_SLOTS) damaged(`a page claims ${count} values; at most ${MAX_PAGE_SLOTS} are read`);
  return count;
}

function assertSizes(header: PageHeader, remaining: number): void {
  const { compressed_page_size: stored = -1, uncompressed_page_size: plain = -1 } = header;
  if (stored < 0 || plain < 0 || stored > remaining) damaged(`a page claims ${stored} bytes, ${remaining} are left`);
  if (Math.max(stored, plain) > MAX_PAGE_BYTES)
    damaged(`a page claims ${Math.max(stored, plain)} bytes; at most ${MAX_PAGE_BYTES} are read`);
}

function assertChecksum(stored: Uint8Array, { crc }: PageHeader): void {
  if (crc !== undefined && crc32(stored) !== crc >>> 0) damaged("a page does not have the checksum that it had");
}

interface Levels {
  readonly levels: Uint8Array;
  /** How many of them are what was counted: beginnings of rows, or values. */
  readonly count: number;
}

/** Of a page of version 1, where they say themselves where they end. Undefined where all levels are 0. */
function readLevels(
  bytes: Uint8Array,
  start: number,
  slots: number,
  max: number,
  encoding: Encoding | "" | undefined,
  counted: number,
): (Levels & { end: number }) | undefined {
  if (max === 0) return undefined;
  if (encoding === "BIT_PACKED") {
    const levels = new Uint8Array(slots);
    const tally = { of: counted, count: 0, largest: 0 };
    const end = unpackHighFirst(bytes, start, bitWidthOf(max), levels);
    countEach(levels, 0, slots, tally);
    return { ...checked(levels, tally, max), end };
  }
  if (start + 4 > bytes.length) return damaged("the levels of a page are cut off");
  const end = start + 4 + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32LE(start);
  if (end > bytes.length) damaged("the levels of a page are longer than the page");
  return { ...decodeLevels(bytes, start + 4, end, slots, max, counted)!, end };
}

function decodeLevels(
  bytes: Uint8Array,
  start: number,
  end: number,
  slots: number,
  max: number,
  counted: number,
): Levels | undefined {
  if (max === 0) return undefined;
  const levels = new Uint8Array(slots);
  const tally = { of: counted, count: 0, largest: 0 };
  decodeHybrid(bytes, start, end, bitWidthOf(max), levels, tally);
  return checked(levels, tally, max);
}

function checked(levels: Uint8Array, { count, largest }: Tally, max: number): Levels {
  if (largest > max) damaged("a level is too high");
  return { levels, count };
}
