import type { ByteSource } from "../../bytes/byte-source.js";
import { CorruptCheckpointError } from "../../errors.js";
import type { Storage } from "../../storage/storage.js";
import { decodeLine, peekAnswer } from "./answer-line.js";
import type { OnAnswersWarning } from "./answers-warning.js";
import { KeyIndex, type Place } from "./key-index.js";
import { OpenFiles } from "./open-files.js";
import { listSegments } from "./segment-names.js";
import { readIndex, scanLines } from "./segment-reader.js";

interface Segment {
  readonly path: string;
  readonly number: number;
  /** Up to where its lines are in the index. */
  indexedEnd: number;
  /** Its own index led to something else than was written: it is scanned. */
  distrusted: boolean;
}

/** What is in all segments of a storage, whoever writes them. In memory is where each answer is, not what it says. */
export class Segments {
  readonly index = new KeyIndex();
  readonly #storage: Storage;
  readonly #onWarning: OnAnswersWarning;
  readonly #files: OpenFiles;
  readonly #byPath = new Map<string, Segment>();
  readonly #byNumber: Segment[] = [];
  readonly #warned = new Set<string>();
  #refreshing: Promise<void> | undefined;

  constructor(storage: Storage, onWarning: OnAnswersWarning) {
    this.#storage = storage;
    this.#onWarning = onWarning;
    this.#files = new OpenFiles(storage);
  }

  /** See what was added and removed since. Reads only that; all of it again if a segment has gone. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** The JSON of the line at a place of the index; undefined if it is not there, or is not what was written. */
  async read({ segment, offset, byteLength }: Place): Promise<Buffer | undefined> {
    const { path } = this.#byNumber[segment]!;
    try {
      const bytes = await this.#files.read(path, offset, offset + byteLength);
      return bytes && decodeLine(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    } catch (error) {
      // Somebody has cut it off while we had it open.
      if (error instanceof CorruptCheckpointError) return undefined;
      throw error;
    }
  }

  /** What this process has made durable in a segment, which is `byteLength` long now. */
  added(path: string, entries: Uint32Array, byteLength: number): void {
    const segment = this.#segmentOf(path);
    this.index.addEntries(entries, segment.number);
    segment.indexedEnd = Math.max(segment.indexedEnd, byteLength);
  }

  /**
   * What is at a place of the index is not what was written there. If the segment is still there it is scanned, once, so that all that
   * was damaged in it is known; the key may have another place then.
   */
  async distrust(key: string, place: Place): Promise<void> {
    const segment = this.#byNumber[place.segment]!;
    if (!(await this.#storage.identify(segment.path))) return await this.refresh();
    await this.#refreshing;
    this.index.remove(key, place);
    this.#warn(segment.path, place.offset, place.offset + place.byteLength);
    if (segment.distrusted) return;
    segment.distrusted = true;
    this.#forget([segment]);
    await this.refresh();
  }

  close(): Promise<void> {
    return this.#files.closeAll();
  }

  async #refresh(): Promise<void> {
    // Somebody who collects may take a segment away after it was listed; what was in it is then in one that was not.
    while (!(await this.#sawAll()));
  }

  async #sawAll(): Promise<boolean> {
    const files = await listSegments(this.#storage);
    const present = new Set(files.map(({ path }) => path));
    const gone = [...this.#byPath.values()].filter(({ path }) => !present.has(path));
    for (const { path } of gone) {
      this.#byPath.delete(path);
      this.#files.close(path);
    }
    if (gone.length > 0) this.#forget(gone);
    for (const { path, byteLength } of files) {
      const segment = this.#segmentOf(path);
      if (segment.indexedEnd < byteLength && !(await this.#add(segment))) return false;
    }
    return true;
  }

  /** All others are to be read again: another copy of an answer may have been passed over for one that has gone. */
  #forget(segments: readonly Segment[]): void {
    this.index.removeSegments(new Set(segments.map(({ number }) => number)));
    for (const segment of this.#byPath.values()) segment.indexedEnd = 0;
  }

  /** Whether it was there. */
  async #add(segment: Segment): Promise<boolean> {
    const source = await this.#storage.open(segment.path);
    if (!source) return false;
    try {
      const trusted = segment.indexedEnd === 0 && !segment.distrusted;
      const entries = trusted ? await readIndex(source, segment.path) : undefined;
      if (entries) {
        this.index.addEntries(entries, segment.number);
        segment.indexedEnd = source.byteLength;
      } else {
        await this.#scan(segment, source);
      }
      return true;
    } finally {
      await source.close();
    }
  }

  async #scan(segment: Segment, source: ByteSource): Promise<void> {
    const { path, number } = segment;
    for await (const { lines, end } of scanLines(source, segment.indexedEnd, { path })) {
      for (const line of lines) {
        const byteLength = line.bytes.length - 1;
        const answer = line.json && peekAnswer(line.json);
        if (answer)
          this.index.add(answer.key, { segment: number, offset: line.offset, byteLength, failed: answer.failed });
        else if (!line.json) this.#warn(path, line.offset, line.offset + byteLength);
      }
      segment.indexedEnd = Math.max(segment.indexedEnd, end);
    }
  }

  #segmentOf(path: string): Segment {
    const known = this.#byPath.get(path);
    if (known) return known;
    const segment = { path, number: this.#byNumber.length, indexedEnd: 0, distrusted: false };
    this.#byNumber.push(segment);
    this.#byPath.set(path, segment);
    return segment;
  }

  #warn(path: string, start: number, end: number): void {
    // Said once, though a segment may be read again.
    if (this.#warned.has(`${path} ${start}`)) return;
    this.#warned.add(`${path} ${start}`);
    this.#onWarning({ type: "answers-unreadable", path, start, end });
  }
}
