import type { ByteSource } from "../../bytes/byte-source.js";
import { firstIndex } from "../../bytes/first-index.js";
import type { Piece } from "../../bytes/piece.js";
import { damaged } from "../columnar/damage.js";
import { type Extent, extentOf } from "./arrow-layout.js";
import { type ArrowField, parseFeatures, parseSchema } from "./arrow-schema.js";
import { boundless } from "./leaf-values.js";
import {
  DICTIONARY_BATCH,
  FRAME_BYTES,
  type Message,
  parseFrame,
  parseMessage,
  RECORD_BATCH,
  SCHEMA,
} from "./messages.js";
import { parseRecordBatch } from "./record-batch.js";

/** Where a message is in its file, frame and body included. */
export interface Place {
  readonly start: number;
  /** Undefined where nobody has looked for it. */
  readonly bodyStart?: number;
  readonly end: number;
}

export interface BatchPlace extends Place {
  /** Counted from the first of the dataset. */
  readonly rowStart: number;
  readonly rowEnd: number;
}

export interface DictionaryPlace extends Place {
  readonly id: bigint;
  /** More of it, not another one. */
  readonly isDelta: boolean;
}

/** One file of rows, and where each batch of it is. */
export interface Shard {
  readonly source: ByteSource;
  readonly fields: readonly ArrowField[];
  /** Of each field. */
  readonly extents: readonly Extent[];
  readonly features: unknown;
  readonly batches: readonly BatchPlace[];
  readonly dictionaries: readonly DictionaryPlace[];
  readonly rowEnd: number;
}

/** What is read when nothing is known yet of how long metadata is. */
const FIRST_GUESS_BYTES = 4096;

/** @throws {Damage} If it is no stream of batches. */
export async function openShard(source: ByteSource, rowStart: number, pieces?: readonly Piece[]): Promise<Shard> {
  return pieces ? await describedShard(source, rowStart, pieces) : await foundShard(source, rowStart);
}

/** Of one that was written here the pieces say where batches are, and how many rows each has: nothing is read but the schema. */
async function describedShard(source: ByteSource, rowStart: number, pieces: readonly Piece[]): Promise<Shard> {
  const { message } = (await readMessage(source, { start: 0 })) ?? damaged("it is empty");
  const schema = parseShardSchema(message);
  const batches: BatchPlace[] = [];
  let last = { byteEnd: 0, rowEnd: 0 };
  for (const [index, piece] of pieces.entries()) {
    if (pieces[index + 1]?.rowEnd === piece.rowEnd) continue;
    const [start, end] = [last.byteEnd, piece.byteEnd];
    // What is before the first row is the schema.
    if (piece.rowEnd > 0)
      batches.push({ start, end, rowStart: rowStart + last.rowEnd, rowEnd: rowStart + piece.rowEnd });
    last = piece;
  }
  return { source, ...schema, batches, dictionaries: [], rowEnd: rowStart + last.rowEnd };
}

/**
 * Find the messages of a stream by what is before their bodies: a gigabyte is some hundred reads of a kilobyte.
 *
 * @throws {Damage} If it does not end where a stream ends. Libraries take one that is cut off between two messages for whole.
 */
async function foundShard(source: ByteSource, rowStart: number): Promise<Shard> {
  const batches: BatchPlace[] = [];
  const dictionaries: DictionaryPlace[] = [];
  const first = (await readMessage(source, { start: 0, bodyStart: FIRST_GUESS_BYTES })) ?? damaged("it is empty");
  const schema = parseShardSchema(first.message);
  const ids = dictionaryFields(schema.fields);
  let rowEnd = rowStart;
  let last = first.place;
  for (;;) {
    // Those of one file are as long as one another, mostly.
    const headBytes = last.bodyStart - last.start;
    const next = await readMessage(source, { start: last.end, bodyStart: last.end + headBytes });
    if (!next) break;
    const { message, place } = next;
    const { kind, header } = message;
    if (kind === RECORD_BATCH) {
      const rows = boundless(header.size(0));
      // Else a batch that claims no rows would be passed over, and others be counted from a wrong one.
      parseRecordBatch(header, schema.extents, message.bodyBytes);
      batches.push({ ...place, rowStart: rowEnd, rowEnd: rowEnd + rows });
      rowEnd += rows;
    } else if (kind === DICTIONARY_BATCH) {
      const id = header.int64(0);
      // A batch of rows whose kind was changed would be passed over.
      if (!ids.has(id)) damaged("it has a dictionary for no column");
      dictionaries.push({ ...place, id, isDelta: header.bool(2) });
    } else {
      damaged("it holds what are no rows");
    }
    last = place;
  }
  return { source, ...schema, batches, dictionaries, rowEnd };
}

/** Those that hold some of these rows, in order. */
export function batchesWithin(batches: readonly BatchPlace[], rowStart: number, rowEnd: number): BatchPlace[] {
  const first = firstIndex(batches.length, (index) => batches[index]!.rowEnd > rowStart);
  const end = firstIndex(batches.length, (index) => batches[index]!.rowStart >= rowEnd);
  return batches.slice(first, end).filter(({ rowStart, rowEnd }) => rowStart < rowEnd);
}

function parseShardSchema({ kind, header, bodyBytes }: Message): Pick<Shard, "fields" | "extents" | "features"> {
  if (kind !== SCHEMA) damaged("it does not begin with a schema");
  if (bodyBytes > 0) damaged("its schema has a body");
  const fields = parseSchema(header);
  return { fields, extents: fields.map(extentOf), features: parseFeatures(header) };
}

/** Those whose values are in dictionaries, by the dictionary. */
export function dictionaryFields(fields: readonly ArrowField[]): Map<bigint, ArrowField> {
  const found = new Map<bigint, ArrowField>();
  const visit = (field: ArrowField) => {
    if (field.dictionary) found.set(field.dictionary.id, field);
    for (const child of field.children) visit(child);
  };
  for (const field of fields) visit(field);
  return found;
}

/**
 * @param place Where it begins; `bodyStart` is where its body may begin: so much is read at once.
 * @returns Undefined at the end of the stream.
 */
export async function readMessage(
  source: { readonly byteLength: number; read(start: number, end: number): Promise<Uint8Array> },
  { start, bodyStart: guess = start + FRAME_BYTES }: Pick<Place, "start" | "bodyStart">,
): Promise<{ message: Message; place: Required<Place> } | undefined> {
  const { byteLength } = source;
  if (start === byteLength) return damaged("it ends without its end: it is cut off, or was never finished");
  const bytes = await source.read(start, Math.min(byteLength, guess));
  const { frameBytes, metadataBytes } = parseFrame(bytes.subarray(0, FRAME_BYTES));
  const metadataStart = start + frameBytes;
  const bodyStart = metadataStart + metadataBytes;
  if (metadataBytes === 0) {
    if (bodyStart !== byteLength) damaged("there is more behind its end");
    return undefined;
  }
  if (bodyStart > byteLength) damaged("it is cut off");
  const isRead = bodyStart - start <= bytes.length;
  const metadata = isRead ? bytes.subarray(frameBytes, bodyStart - start) : await source.read(metadataStart, bodyStart);
  const message = parseMessage(metadata);
  const end = bodyStart + message.bodyBytes;
  if (end > byteLength) damaged("it is cut off");
  return { message, place: { start, bodyStart, end } };
}
