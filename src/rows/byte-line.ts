import { reserved, wasmModule } from "../bytes/wasm-module.js";
import type { JsonLine, Label } from "./json-line.js";
import { quote } from "./quote.js";
import { QUOTE_KERNEL } from "./quote-kernel.js";

type Memory = Buffer & {
  utf8Write(text: string, at: number): number;
  latin1Write(text: string, at: number): number;
  utf8Slice(from: number, to: number): string;
};

/** Shorter ones are written character by character: a call into Node or WASM costs more. */
const SHORT = 24;
/** Of a text; quoted by itself if it is longer, so that memory is not what it may become. */
const LONG = 64 << 10;
/** UTF-8 needs at most three bytes for a UTF-16 unit, and JSON six characters. */
const MOST_BYTES_PER_UNIT = 3;
const MOST_ESCAPED_PER_UNIT = 6;
/** That the kernel writes beyond an end. */
const SPARE_BYTES = 16;
/** Before it are the kernel's tables. */
const START = 64;
const [QUOTE, BACKSLASH, SPACE, DELETE] = [34, 92, 32, 127] as const;

/** A line in UTF-8. All share one memory: it is made, and used up, before the next one is begun. */
export class ByteLine implements JsonLine {
  begin(): void {
    end = START;
  }

  /** Where the line goes on. */
  get end(): number {
    return end;
  }

  /** A view, good until the next line is begun. */
  bytes(): Uint8Array {
    return memory.subarray(START, end);
  }

  text(from: number, to: number): string {
    return memory.utf8Slice(from, to);
  }

  label({ bytes }: Label): void {
    const { length } = bytes;
    reserve(length);
    const out = memory;
    const at = end;
    for (let index = 0; index < length; index++) out[at + index] = bytes[index]!;
    end = at + length;
  }

  ascii(text: string): void {
    const { length } = text;
    reserve(length);
    if (length > SHORT) {
      end += memory.latin1Write(text, end);
      return;
    }
    const out = memory;
    const at = end;
    for (let index = 0; index < length; index++) out[at + index] = text.charCodeAt(index);
    end = at + length;
  }

  json(text: string): void {
    reserve(text.length > LONG ? Buffer.byteLength(text) : text.length * MOST_BYTES_PER_UNIT);
    end += memory.utf8Write(text, end);
  }

  quoted(text: string): void {
    if (text.length <= SHORT && this.#quotedShort(text)) return;
    if (!kernel || text.length > LONG || !this.#quotedByKernel(text, kernel.quote)) this.json(quote(text));
  }

  /** If it is its own JSON between quotes. */
  #quotedShort(text: string): boolean {
    const { length } = text;
    reserve(length + 2);
    const out = memory;
    const at = end + 1;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit < SPACE || unit >= DELETE || unit === QUOTE || unit === BACKSLASH) return false;
      out[at + index] = unit;
    }
    out[end] = QUOTE;
    out[at + length] = QUOTE;
    end = at + length + 1;
    return true;
  }

  #quotedByKernel(text: string, quoteBytes: Kernel["quote"]): boolean {
    const most = text.length * MOST_ESCAPED_PER_UNIT + 2 + SPARE_BYTES;
    reserve(most + text.length * MOST_BYTES_PER_UNIT + SPARE_BYTES);
    const from = end + most;
    const quotedEnd = quoteBytes(from, memory.utf8Write(text, from), end);
    if (quotedEnd === 0) return false;
    end = quotedEnd;
    return true;
  }
}

interface Kernel {
  quote(from: number, byteLength: number, to: number): number;
}

/** Undefined where WebAssembly or its SIMD is missing: `node --jitless`, processors before SSE4.1. */
const kernel = (() => {
  try {
    return wasmModule<Kernel>(QUOTE_KERNEL);
  } catch {
    return undefined;
  }
})();
let memory = (kernel ? Buffer.from(kernel.memory.buffer) : Buffer.allocUnsafeSlow(1 << 16)) as Memory;
let end = START;

function reserve(byteLength: number): void {
  const wanted = end + byteLength;
  if (wanted <= memory.length) return;
  // It is not given back: no more of it than a long line needs.
  const size = wanted + (wanted >> 2);
  if (kernel) {
    memory = Buffer.from(reserved(kernel.memory, size)) as Memory;
  } else {
    const larger = Buffer.allocUnsafeSlow(size) as Memory;
    larger.set(memory.subarray(0, end));
    memory = larger;
  }
}
