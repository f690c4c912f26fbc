import { damaged } from "../columnar/damage.js";
import { encodeFlatTable, type FlatFields, FlatTable } from "./flatbuffers.js";

/*
 * The frames of an Arrow IPC stream: each message is a marker, the length of its metadata, the metadata and a body.
 * https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format
 */

const CONTINUATION = 0xffffffff;
const V5 = 4;
const OLDEST_VERSION = 3;

export const SCHEMA = 1;
export const DICTIONARY_BATCH = 2;
export const RECORD_BATCH = 3;

/** Of a marker and a length. */
export const FRAME_BYTES = 8;

/** Of the metadata of one message: a schema of thousands of columns, or a batch of them, is a hundredth of it. */
export const MAX_METADATA_BYTES = 32 << 20;

export const END_OF_STREAM = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

/** What stands before a body, which has to be padded to eight bytes. */
export function encodeMessage(kind: number, header: FlatFields, bodyBytes: number): Uint8Array {
  const metadata = encodeFlatTable([{ int16: V5 }, { uint8: kind }, { table: header }, { int64: bodyBytes }]);
  const bytes = Buffer.alloc(FRAME_BYTES + metadata.length);
  bytes.writeUInt32LE(CONTINUATION, 0);
  bytes.writeInt32LE(metadata.length, 4);
  bytes.set(metadata, FRAME_BYTES);
  return bytes;
}

/** How a message begins. Very old files have no marker. */
export interface Frame {
  /** Before the metadata: 4 or 8. */
  readonly frameBytes: number;
  /** 0 at the end of the stream. */
  readonly metadataBytes: number;
}

/** @param bytes Eight, or what is left of the file. @throws {Damage} If no message begins so. */
export function parseFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) return damaged("it is cut off where a message should begin");
  const isMarked = view.getUint32(0, true) === CONTINUATION;
  if (isMarked && bytes.length < FRAME_BYTES) return damaged("it is cut off where a message should begin");
  const metadataBytes = view.getInt32(isMarked ? 4 : 0, true);
  if (metadataBytes < 0 || metadataBytes > MAX_METADATA_BYTES) return damaged("what should be a message is none");
  return { frameBytes: isMarked ? FRAME_BYTES : 4, metadataBytes };
}

export interface Message {
  readonly kind: number;
  readonly header: FlatTable;
  readonly bodyBytes: number;
}

/** @throws {Damage} */
export function parseMessage(metadata: Uint8Array): Message {
  const message = FlatTable.root(metadata);
  const version = message.int16(0);
  if (version < OLDEST_VERSION || version > V5) return damaged(`a message is of an unknown version (${version})`);
  const header = message.table(2);
  if (!header) return damaged("a message has no header");
  return { kind: message.uint8(1), header, bodyBytes: message.size(3) };
}
