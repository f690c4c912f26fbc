import { endianness } from "node:os";
import { crc32 } from "node:zlib";
import type { Answer } from "./answer.js";

/*
 * A segment is text, one JSON object a line, each after the CRC-32 of its bytes in eight hexadecimal digits and a space:
 *
 *   1c291ca3 {"key":"9f86…0a08","text":"…","usage":{…},"attempts":1,"at":"…","chatId":"…","step":"summaries"}
 *
 * JSON text has no line end inside, so that a damaged line never takes its neighbours with it. `cut -c10-` makes JSON lines of it.
 */

/** Eight digits and the space. */
const CRC_CHARS = 9;
const RECORD_START = '{"key":"';
const KEY_CHARS = 64;
/** Of the JSON: where the name of the second member starts, which is "text", "vector" or "failure". */
const KIND_AT = RECORD_START.length + KEY_CHARS + '","'.length;

/** A longer one is refused: nobody should need this much memory to look for the end of a damaged line. */
export const MAX_LINE_BYTES = 64 << 20;

export function encodeLine(json: string): Buffer {
  return Buffer.from(
    `${crc32(json)
      .toString(16)
      .padStart(CRC_CHARS - 1, "0")} ${json}\n`,
  );
}

/** The JSON of a line without its end, or undefined if these are not the bytes that were written. */
export function decodeLine(line: Buffer): Buffer | undefined {
  if (line.length <= CRC_CHARS || line[CRC_CHARS - 1] !== 0x20) return undefined;
  const digits = line.toString("latin1", 0, CRC_CHARS - 1);
  const json = line.subarray(CRC_CHARS);
  return crc32(json) === Number.parseInt(digits, 16) && /^[0-9a-f]+$/.test(digits) ? json : undefined;
}

/** The members that are undefined are left out, as JSON does. */
export function encodeAnswer({ key, value, failure, usage, attempts, at, chatId, step }: Answer): Buffer {
  assertKey(key);
  const kept =
    failure !== undefined ? { failure } : typeof value === "string" ? { text: value } : { vector: encodeVector(value) };
  const line = encodeLine(JSON.stringify({ key, ...kept, usage, attempts, at, chatId, step }));
  if (line.length > MAX_LINE_BYTES)
    throw new RangeError(`Cannot keep an answer of ${line.length} bytes: at most ${MAX_LINE_BYTES} are possible`);
  return line;
}

/** Of the JSON of a line that holds an answer. */
export function decodeAnswer(json: Buffer): Answer {
  const { text, vector, ...rest } = JSON.parse(json.toString()) as Record<string, unknown>;
  if (rest["failure"] !== undefined) return rest as unknown as Answer;
  return { ...rest, value: vector === undefined ? text : decodeVector(vector as string) } as Answer;
}

/** The key in the JSON of a line, and whether it is of a failure; undefined if the line holds no answer. */
export function peekAnswer(json: Buffer): { key: string; failed: boolean } | undefined {
  if (json.toString("latin1", 0, RECORD_START.length) !== RECORD_START) return undefined;
  const key = json.toString("latin1", RECORD_START.length, RECORD_START.length + KEY_CHARS);
  return { key, failed: json[KIND_AT] === 0x66 };
}

export function assertKey(key: string): void {
  if (!/^[0-9a-f]{64}$/.test(key))
    throw new TypeError(`Cannot use "${key}" as the key of an answer: it is not 64 lower-case hexadecimal digits`);
}

/** Bytes of float32, low byte first, in base64: a vector comes out bit by bit as it went in. */
function encodeVector(vector: Float32Array): string {
  const bytes = Buffer.from(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
  return lowByteFirst(bytes).toString("base64");
}

function decodeVector(text: string): Float32Array {
  const bytes = lowByteFirst(Buffer.from(text, "base64"));
  return new Float32Array(new Uint8Array(bytes).buffer);
}

export function lowByteFirst(bytes: Buffer): Buffer {
  return endianness() === "LE" ? bytes : bytes.swap32();
}
