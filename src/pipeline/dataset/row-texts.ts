import type { ByteSource } from "../../bytes/byte-source.js";
import { InputError } from "../../errors.js";
import { parquetFormat } from "../../formats/parquet.js";
import { compileEncoder } from "../../rows/encode.js";

const CHUNK_BYTES = 4 << 20;
/** More is no row. */
const MOST_LINE_BYTES = 256 << 20;

/** The rows of a file as JSON texts, one by one, in order. Memory is some of them. */
export async function* rowTexts(
  source: ByteSource,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void> {
  if (path.endsWith(".parquet")) yield* parquetTexts(source, path, signal);
  else yield* lineTexts(source, path, signal);
}

async function* parquetTexts(
  source: ByteSource,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const options = { type: undefined, path, pieces: undefined, trusted: false };
  const reader = await parquetFormat().read(source, options);
  const encode = compileEncoder(reader.columns);
  for await (const batch of reader.batches({ signal })) for (const row of batch) yield encode(row);
}

async function* lineTexts(source: ByteSource, path: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const line = (end: Uint8Array): string => {
    const bytes = Buffer.concat([...pending, end]);
    pending = [];
    pendingBytes = 0;
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw new InputError(path, "it is not UTF-8", { damaged: true, cause });
    }
  };
  for (let at = 0; at < source.byteLength; at += CHUNK_BYTES) {
    const chunk = await source.read(at, Math.min(source.byteLength, at + CHUNK_BYTES), { signal });
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const text = line(chunk.subarray(start, end));
      if (text.trim() !== "") yield text;
      start = end + 1;
    }
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > MOST_LINE_BYTES)
      throw new InputError(path, "it has a line that does not end", { damaged: true });
  }
  const last = line(new Uint8Array(0));
  if (last.trim() !== "") yield last;
}
