import type { ByteSource } from "../../bytes/byte-source.js";
import { damaged } from "../columnar/damage.js";
import type { Extent } from "./arrow-layout.js";
import { decompressBuffer } from "./buffer-codecs.js";
import { ColumnBuffers } from "./column-buffers.js";
import type { FlatTable } from "./flatbuffers.js";
import { DICTIONARY_BATCH } from "./messages.js";
import { parseRecordBatch, type RecordBatch } from "./record-batch.js";
import type { Scratch } from "./scratch.js";
import { type Place, readMessage } from "./shard.js";

/** Less than this between two columns is read with them. */
const SMALL_GAP_BYTES = 64 << 10;

/** Of one batch, when it is decompressed: none of `datasets` has a hundredth of it. */
const MAX_PLAIN_BYTES = 1 << 30;

/** As far as buffers are padded, at least. */
const PADDING = 8;

/** A file, or as much of it as was read. */
export interface Bytes {
  readonly byteLength: number;
  /** @param scratch For bytes that nothing is a view of. */
  read(start: number, end: number, scratch?: Scratch): Promise<Uint8Array>;
}

export function bytesOf(source: ByteSource, signal?: AbortSignal): Bytes {
  return {
    byteLength: source.byteLength,
    read: (start, end, scratch) => source.read(start, end, { signal, into: scratch?.take(end - start) }),
  };
}

/** The bytes of one batch, read by columns. */
export class BatchBytes {
  readonly #bytes: Bytes;
  readonly #bodyStart: number;
  readonly #bodyBytes: number;
  readonly #batch: RecordBatch;

  private constructor(bytes: Bytes, { bodyStart, end }: Required<Place>, batch: RecordBatch) {
    this.#bytes = bytes;
    this.#bodyStart = bodyStart;
    this.#bodyBytes = end - bodyStart;
    this.#batch = batch;
  }

  /** Reads what is before the body. @throws {Damage} */
  static async open(bytes: Bytes, place: Place, extents: readonly Extent[]): Promise<BatchBytes> {
    const found = (await readMessage(bytes, place)) ?? damaged("a batch is not where it should be");
    const { kind, header, bodyBytes } = found.message;
    const batch = kind === DICTIONARY_BATCH ? dictionaryData(header) : header;
    return new BatchBytes(bytes, found.place, parseRecordBatch(batch, extents, bodyBytes));
  }

  get rows(): number {
    return this.#batch.rows;
  }

  /**
   * Those of the columns with these indexes, by index.
   *
   * @param scratch For bytes that nothing is a view of.
   */
  async load(columns: readonly number[], scratch?: Scratch): Promise<Map<number, () => ColumnBuffers>> {
    const spans = columns.map((column) => ({ column, ...this.#extent(column) })).sort((a, b) => a.start - b.start);
    const { codec } = this.#batch;
    const loaded = new Map<number, () => ColumnBuffers>();
    for (let first = 0; first < spans.length; ) {
      let last = first + 1;
      let { start, end } = spans[first]!;
      while (last < spans.length && spans[last]!.start <= end + SMALL_GAP_BYTES) {
        end = Math.max(end, spans[last]!.end);
        last++;
      }
      const bytes = await this.#bytes.read(this.#bodyStart + start, this.#bodyStart + end, scratch);
      for (; first < last; first++) {
        const { column } = spans[first]!;
        const stored = this.#stored(column, bytes, start);
        const buffers = codec ? await decompressed(codec, stored) : stored;
        loaded.set(column, () => new ColumnBuffers(this.#batch, this.#batch.spans[column]!, buffers));
      }
    }
    return loaded;
  }

  /** From the first byte of its buffers to the last. */
  #extent(column: number): { start: number; end: number } {
    const { spans, buffers } = this.#batch;
    const { buffer, bufferEnd } = spans[column]!;
    let [start, end] = [Number.POSITIVE_INFINITY, 0];
    for (let index = buffer; index < bufferEnd; index++) {
      const [at, length] = [buffers[index * 2]!, buffers[index * 2 + 1]!];
      if (length === 0) continue;
      start = Math.min(start, at);
      end = Math.max(end, at + length);
    }
    if (end === 0) return { start: 0, end: 0 };
    // With its padding, where a piece ends: one that is read in part is kept.
    return { start, end: Math.min(this.#bodyBytes, Math.ceil(end / PADDING) * PADDING) };
  }

  /** Its buffers as they are stored. */
  #stored(column: number, bytes: Uint8Array, from: number): Uint8Array[] {
    const { spans, buffers } = this.#batch;
    const { buffer, bufferEnd } = spans[column]!;
    const stored: Uint8Array[] = [];
    for (let index = buffer; index < bufferEnd; index++) {
      const length = buffers[index * 2 + 1]!;
      const start = length === 0 ? 0 : buffers[index * 2]! - from;
      stored.push(bytes.subarray(start, start + length));
    }
    return stored;
  }
}

async function decompressed(codec: "lz4" | "zstd", stored: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const plain: Uint8Array[] = [];
  let left = MAX_PLAIN_BYTES;
  for (const buffer of stored) {
    const bytes = buffer.length > 0 ? await decompressBuffer(codec, buffer, left) : buffer;
    left -= bytes.length;
    plain.push(bytes);
  }
  return plain;
}

function dictionaryData(header: FlatTable): FlatTable {
  return header.table(1) ?? damaged("a dictionary has no values");
}
