import { isUtf8 } from "node:buffer";
import { InputError } from "../errors.js";
import { parsePlain } from "../rows/lossless-json.js";
import { ArraySplitter, MemberSplitter } from "./array-splitter.js";
import { damagedElement } from "./damaged-element.js";
import { isSpace } from "./json-scanner.js";
import type { Layout } from "./layout.js";
import { LineSplitter, SingleSplitter } from "./line-splitter.js";
import { type InputOptions, openInput } from "./open-input.js";
import type { Place } from "./place.js";
import { readHead } from "./read-head.js";
import type { Piece, Splitter } from "./splitter.js";

const CHUNK_BYTES = 1 << 20;

/** The text of one conversation in its file. */
export interface InputElement extends Place {
  readonly text: string;
  /** It ends because the file does: if it is not JSON, it is torn. */
  readonly endsFile: boolean;
}

export interface InputElementsOptions extends InputOptions {
  /** Whether a value is one conversation of some known format: tells a wrapped array from a conversation that has arrays. */
  readonly isConversation: (value: unknown) => boolean;
  /** Told once, with the names of the members beside an array that is a member of an object, if there are any. */
  readonly onBeside?: ((array: string, others: readonly string[]) => void) | undefined;
  /** How much is read at once; tests read less. */
  readonly chunkBytes?: number | undefined;
}

/** The conversations of a file as JSON texts, in order. Reads the file once, from start to end, and holds about one conversation. */
export async function* inputElements(path: string, options: InputElementsOptions): AsyncGenerator<InputElement> {
  const { chunkBytes = CHUNK_BYTES } = options;
  const input = await openInput(path, options);
  try {
    const { head, isWhole, layout } = await readHead(path, input, { ...options, chunkBytes });
    const splitter = splitterFor(path, layout, options);
    let index = 0;
    const element = ({ bytes, line, endsFile }: Piece): InputElement => {
      const place = { kind: layout.kind, index: index++, line };
      if (!isUtf8(bytes)) throw damagedElement(path, place, "it is not UTF-8; convert it");
      return { ...place, text: bytes.toString("utf8"), endsFile };
    };
    for (const piece of splitter.push(head.subarray(layout.member?.start ?? 0))) yield element(piece);
    // One buffer for all: splitters copy what they keep.
    const buffer = Buffer.allocUnsafeSlow(isWhole ? 0 : chunkBytes);
    while (!isWhole) {
      const chunk = await input.read(buffer);
      if (chunk.length === 0) break;
      for (const piece of splitter.push(chunk)) yield element(piece);
    }
    for (const piece of splitter.finish()) yield element(piece);
  } finally {
    await input.close();
  }
}

function splitterFor(path: string, layout: Layout, options: InputElementsOptions): Splitter {
  switch (layout.kind) {
    case "lines":
      return new LineSplitter(path);
    case "single":
      return new SingleSplitter(path);
    case "array":
      return new ArraySplitter(path);
    case "member": {
      const { name, before, start, line } = layout.member!;
      const onTail = (tail: Buffer, tailLine: number) => {
        const others = [...before, ...membersBehind(path, name, tail, tailLine, options)];
        if (others.length > 0) options.onBeside?.(name, others);
      };
      return new MemberSplitter(path, { line, byteStart: start, onTail });
    }
  }
}

/** What follows the array of conversations in its object: the names of the other members. A second array of conversations is refused. */
function membersBehind(
  path: string,
  name: string,
  tail: Buffer,
  line: number,
  { isConversation }: InputElementsOptions,
): string[] {
  let rest: object;
  try {
    rest = parsePlain(`{${JSON.stringify(name)}:0${tail.toString("utf8")}`) as object;
  } catch (cause) {
    const reason = tail.every(isSpace)
      ? `the file is torn: it ends after the list "${name}", without the object's closing brace`
      : `what follows the list "${name}" is not JSON (${(cause as Error).message})`;
    throw new InputError(path, reason, { damaged: true, line, cause });
  }
  for (const [other, value] of Object.entries(rest)) {
    if (!Array.isArray(value) || !isConversation(value[0])) continue;
    throw new InputError(
      path,
      `both "${name}" and "${other}" hold conversations; put those that are wanted in a file of their own`,
    );
  }
  return Object.keys(rest).filter((other) => other !== name);
}
