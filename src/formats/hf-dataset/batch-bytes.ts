import type { ByteSource } from "../../bytes/byte-source.js";
import { damaged } from "../columnar/damage.js";
import type { ArrowField } from "./arrow-schema.js";
import { decompressBuffer } from "./buffer-codecs.js";
import { ColumnBuffers } from "./column-buffers.js";
import type { FlatTable } from "./flatbuffers.js";
import { DICTIONARY_BATCH, parseMessage } from "./messages.js";
import { parseRecordBatch, type RecordBatch } from "./record-batch.js";
import type { Scratch } from "./scratch.js";
import type { Place } from "./shard.js";

/** Less than this between two columns is read with them. */
const SMALL_GAP_BYTES = 64 << 10;

/** Of one batch, when it is decompressed: none of `datasets` has a hundredth of it. */
const MAX_PLAIN_BYTES = 1 << 30;

/** The bytes of one batch, read by columns. */
export class BatchBytes {
  readonly #source: ByteSource;
  readonly #place: Place;
  readonly #batch: RecordBatch;
  readonly #signal: AbortSignal | undefined;

  private constructor(source: ByteSource, place: Place, batch: RecordBatch, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#place = place;
    this.#batch = batch;
    this.#signal = signal;
  }

  /** Reads what is before the body. @throws {Damage} */
  static async open(
    source: ByteSource,
    place: Place,
    fields: readonly ArrowField[],
    signal?: AbortSignal | undefined,
  ): Promise<BatchBytes> {
    const { metadataStart, bodyStart, bodyEnd } = place;
    const { kind, header } = parseMessage(await source.read(metadataStart, bodyStart, { signal }));
    const batch = kind === DICTIONARY_BATCH ? dictionaryData(header) : header;
    return new BatchBytes(source, place, parseRecordBatch(batch, fields, bodyEnd - bodyStart), signal);
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
      const { bodyStart } = this.#place;
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
    return end === 0 ? { start: 0, end: 0 } : { start, end };
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
