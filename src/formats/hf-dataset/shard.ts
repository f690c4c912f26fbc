import type { ByteSource } from "../../bytes/byte-source.js";
import { damaged } from "../columnar/damage.js";
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

/** Where a message is in its file. */
export interface Place {
  readonly metadataStart: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
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
  /** How many batches were before it. */
  readonly batchesBefore: number;
}

/** One file of rows, and where each batch of it is. */
export interface Shard {
  readonly source: ByteSource;
  readonly fields: readonly ArrowField[];
  readonly features: unknown;
  readonly batches: readonly BatchPlace[];
  readonly dictionaries: readonly DictionaryPlace[];
  readonly rowEnd: number;
}

/** What is read when nothing is known yet of how long metadata is. */
const FIRST_GUESS_BYTES = 4096;

/**
 * Find the messages of a stream by what is before their bodies: a gigabyte is some hundred reads of a kilobyte.
 *
 * @throws {Damage} If it is no stream, or does not end where one ends. Libraries take one that is cut off between two messages for whole.
 */
export async function openShard(
  source: ByteSource,
  rowStart: number,
  { isVerified = false }: { isVerified?: boolean } = {},
): Promise<Shard> {
  const batches: BatchPlace[] = [];
  const dictionaries: DictionaryPlace[] = [];
  let schema: { fields: ArrowField[]; features: unknown; dictionaries: ReadonlyMap<bigint, ArrowField> } | undefined;
  let rowEnd = rowStart;
  let guess = isVerified ? 0 : FIRST_GUESS_BYTES;
  let at = 0;
  for (;;) {
    const next = await readMessage(source, at, guess);
    if (!next) break;
    const { message, place } = next;
    // What is verified is read in whole pieces, of which that before a body is one: reading on into the body would read all of it.
    if (!isVerified) guess = place.bodyStart - place.metadataStart;
    if (message.kind === SCHEMA && !schema) {
      if (message.bodyBytes > 0) damaged("its schema has a body");
      const fields = parseSchema(message.header);
      schema = { fields, features: parseFeatures(message.header), dictionaries: dictionaryFields(fields) };
    } else if (!schema) {
      damaged("it does not begin with a schema");
    } else if (message.kind === RECORD_BATCH) {
      const rows = boundless(message.header.size(0));
      // Else a batch that claims no rows would be passed over, and others be counted from a wrong one.
      if (!isVerified) parseRecordBatch(message.header, schema.fields, message.bodyBytes);
      batches.push({ ...place, rowStart: rowEnd, rowEnd: rowEnd + rows });
      rowEnd += rows;
    } else if (message.kind === DICTIONARY_BATCH) {
      const { header } = message;
      const id = header.int64(0);
      // A batch of rows whose kind was changed would be passed over.
      if (!schema.dictionaries.has(id)) damaged("it has a dictionary for no column");
      dictionaries.push({ ...place, id, isDelta: header.bool(2), batchesBefore: batches.length });
    } else {
      damaged("it holds what are no rows");
    }
    at = place.bodyEnd;
  }
  if (!schema) return damaged("it is empty");
  const { fields, features } = schema;
  return { source, fields, features, batches, dictionaries, rowEnd };
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

/** Undefined at the end of the stream. */
async function readMessage(
  source: ByteSource,
  start: number,
  guess: number,
): Promise<{ message: Message; place: Place } | undefined> {
  const { byteLength } = source;
  if (start === byteLength) return damaged("it ends without its end: it is cut off, or was never finished");
  const bytes = await source.read(start, Math.min(byteLength, start + FRAME_BYTES + guess));
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
  const bodyEnd = bodyStart + message.bodyBytes;
  if (bodyEnd > byteLength) damaged("it is cut off");
  return { message, place: { metadataStart, bodyStart, bodyEnd } };
}
