import { InputError } from "../errors.js";
import { foreignBytes } from "./foreign-bytes.js";
import { isSpace } from "./json-scanner.js";
import { type Layout, layoutOf } from "./layout.js";
import type { Input } from "./open-input.js";
import { MAX_ELEMENT_BYTES } from "./splitter.js";

/**
 * As many first bytes as it takes to tell how the file is laid out, without a byte order mark: often all of a small file.
 *
 * @throws {InputError} If it is empty, or starts as no JSON array or object does.
 */
export async function readHead(
  path: string,
  input: Input,
  { isConversation, chunkBytes }: { isConversation: (value: unknown) => boolean; chunkBytes: number },
): Promise<{ head: Buffer; isWhole: boolean; layout: Layout }> {
  let bytes = Buffer.alloc(0);
  let isWhole = false;
  for (let wanted = chunkBytes; ; wanted *= 2) {
    while (bytes.length < wanted && !isWhole) {
      const chunk = await input.read(Buffer.allocUnsafe(wanted - bytes.length));
      isWhole = chunk.length === 0;
      bytes = Buffer.concat([bytes, chunk]);
    }
    // A byte order mark is no part of JSON; some editors write one all the same.
    const head = bytes.subarray(bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0);
    const foreign = foreignBytes(head);
    if (foreign) throw new InputError(path, foreign);
    if (isWhole && head.every(isSpace)) {
      throw new InputError(path, bytes.length === 0 ? "the file is empty" : "the file holds nothing but white space");
    }
    // Whatever needs more than the longest conversation to be told is refused by its splitter.
    const isEnough = isWhole || wanted >= MAX_ELEMENT_BYTES;
    const layout = layoutOf(path, head, { isWhole: isEnough, isConversation });
    if (layout) return { head, isWhole, layout };
    if (layout === null)
      throw new InputError(path, `it is no JSON object or array: it starts with ${firstWords(head)}; ${WANTED}`);
  }
}

const WANTED =
  'conversations are read from JSON, a line for each: {"messages":[{"role":"user","content":"…"}]}; or from a Parquet table (--map)';

function firstWords(head: Buffer): string {
  const text = head.toString("utf8", 0, 200).trim();
  const line = text.split(/\r?\n/)[0]!;
  return JSON.stringify(line.length > 40 ? `${line.slice(0, 40)}…` : line);
}
