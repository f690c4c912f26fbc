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

type Bytes = Pick<ByteSource, "byteLength" | "read">;

/** As far as buffers are padded, at least. */
const PADDING = 8;

/** The bytes of one batch, read by columns. */
export class BatchBytes {
  readonly #source: Bytes;
  readonly #bodyStart: number;
  readonly #bodyBytes: number;
  readonly #batch: RecordBatch;
  readonly #signal: AbortSignal | undefined;

  private constructor(source: Bytes, place: Required<Place>, batch: RecordBatch, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#bodyStart = place.bodyStart;
    this.#bodyBytes = place.end - place.bodyStart;
    this.#batch = batch;
    this.#signal = signal;
  }

  /** Reads what is before the body. @throws {Damage} */
  static async open(
    source: Bytes,
    place: Place,
    extents: readonly Extent[],
    signal?: AbortSignal | undefined,
  ): Promise<BatchBytes> {
    const found = (await readMessage(source, place, signal)) ?? damaged("a batch is not where it should be");
    const { kind, header, bodyBytes } = found.message;
    const batch = kind === DICTIONARY_BATCH ? dictionaryData(header) : header;
    return new BatchBytes(source, found.place, parseRecordBatch(batch, extents, bodyBytes), signal);
  }

  /**
   * All of it is read at once: a read costs as much as some ten thousand bytes.
   *
   * @param into Memory for it, unless columns are views of it that somebody keeps.
   */
  static async openWhole(
    source: Bytes,
    place: Place,
    extents: readonly Extent[],
    { signal, into }: { signal?: AbortSignal | undefined; into?: Uint8Array | undefined },
  ): Promise<BatchBytes> {
    const bytes = await source.read(place.start, place.end, { signal, into });
    const read = async (start: number, end: number) => bytes.subarray(start - place.start, end - place.start);
    return await BatchBytes.open({ byteLength: place.end, read }, place, extents, signal);
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
    const loaded = new Map<number, () => ColumnBuffers>();
    for (let first = 0; first < spans.length; ) {
      let last = first + 1;
      let { start, end } = spans[first]!;
      while (last < spans.length && spans[last]!.start <= end + SMALL_GAP_BYTES) {
        end = Math.max(end, spans[last]!.end);
        last++;
      }
      const bodyStart = this.#bodyStart;
      const bytes = await this.#source.read(bodyStart + start, bodyStart + end, {
        signal: this.#signal,
        into: scratch?.take(end - start),
      });
      for (const { column } of spans.slice(first, last)) loaded.set(column, await this.#column(column, bytes, start));
      first = last;
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

  async #column(column: number, bytes: Uint8Array, from: number): Promise<() => ColumnBuffers> {
    const { spans, buffers, codec } = this.#batch;
    const span = spans[column]!;
    const own: Uint8Array[] = [];
    let left = MAX_PLAIN_BYTES;
    for (let index = span.buffer; index < span.bufferEnd; index++) {
      const length = buffers[index * 2 + 1]!;
      const start = length === 0 ? 0 : buffers[index * 2]! - from;
      const stored = bytes.subarray(start, start + length);
      const plain = codec && length > 0 ? await decompressBuffer(codec, stored, left) : stored;
      left -= plain.length;
      own.push(plain);
    }
    return () => new ColumnBuffers(this.#batch, span, own);
  }
}

function dictionaryData(header: FlatTable): FlatTable {
  return header.table(1) ?? damaged("a dictionary has no values");
}
