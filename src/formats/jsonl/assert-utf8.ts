import { isUtf8 } from "node:buffer";
import { CorruptCheckpointError } from "../../errors.js";

const NEWLINE = 10;

/**
 * @param firstLine Its number in the file, from 1; that one may say what the file is instead.
 * @throws {CorruptCheckpointError} For bytes that no UTF-8 text has, and a byte order mark.
 */
export function assertUtf8(lines: Buffer, path: string, firstLine: number): void {
  const otherwise = firstLine === 1 ? signatureOf(lines) : undefined;
  if (otherwise !== undefined) throw new CorruptCheckpointError(path, otherwise, { line: 1 });
  if (isUtf8(lines)) return;
  let line = firstLine;
  for (let start = 0; start < lines.length; line++) {
    const newline = lines.indexOf(NEWLINE, start);
    const end = newline < 0 ? lines.length : newline;
    if (!isUtf8(lines.subarray(start, end))) break;
    start = end + 1;
  }
  throw new CorruptCheckpointError(path, "it is not UTF-8; convert it", { line });
}

function signatureOf(bytes: Buffer): string | undefined {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf)
    return "it starts with a byte order mark, which no JSON text has; save it as UTF-8 without one";
  const isUtf16 = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || (a === 0) !== (b === 0);
  if (isUtf16) return "it is UTF-16, not UTF-8; convert it";
  if (a === 0x1f && b === 0x8b) return "it is compressed with gzip; unpack it";
  return undefined;
}
