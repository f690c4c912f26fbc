import { CorruptCheckpointError } from "../../errors.js";
import type { Storage } from "../../storage/storage.js";
import { listKeyLists, readKeyList } from "./key-list.js";
import { listSegments } from "./segment-names.js";
import { isSealed, scanLines } from "./segment-reader.js";

/** What was found of one segment of answers. */
export interface SegmentFinding {
  readonly path: string;
  readonly bytes: number;
  readonly answers: number;
  /** Lines that are not as they were written: their answers would be paid for again. */
  readonly damaged: number;
  /** Bytes at the end of a segment whose writer is at work, or died: of an answer that never counted. */
  readonly unfinished: number;
}

/** Read every byte of the answers below a checkpoint directory. Nothing is changed. */
export async function* verifyAnswers(
  storage: Storage,
  { signal }: { signal?: AbortSignal | undefined } = {},
): AsyncGenerator<SegmentFinding> {
  for (const { path } of await listSegments(storage)) {
    const source = await storage.open(path);
    if (!source) continue;
    try {
      const sealed = await isSealed(source, path);
      let [good, damaged, last] = [0, 0, 0];
      for await (const { lines, end } of scanLines(source, 0, { path, signal })) {
        for (const { json } of lines)
          if (json) good += 1;
          else damaged += 1;
        last = end;
      }
      // The first line says what it is; the last two of a sealed one say where answers are.
      const answers = Math.max(0, good - (sealed ? 3 : 1));
      const rest = source.byteLength - last;
      yield {
        path,
        bytes: source.byteLength,
        answers,
        damaged: damaged + (sealed && rest > 0 ? 1 : 0),
        unfinished: sealed ? 0 : rest,
      };
    } finally {
      await source.close();
    }
  }
}

/** The lists of answers, by which it is known which ones are needed, that are not what was written. */
export async function* damagedLists(storage: Storage): AsyncGenerator<CorruptCheckpointError> {
  for (const id of await listKeyLists(storage)) {
    try {
      await readKeyList(storage, id);
    } catch (error) {
      if (!(error instanceof CorruptCheckpointError)) throw error;
      yield error;
    }
  }
}
