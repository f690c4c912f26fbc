import { UnwritableAnswersError } from "../../errors.js";
import type { Storage } from "../../storage/storage.js";
import type { Answer } from "./answer.js";
import { assertKey, decodeAnswer, encodeAnswer } from "./answer-line.js";
import { AnswerWriter } from "./answer-writer.js";
import type { OnAnswersWarning } from "./answers-warning.js";
import type { Collected, CollectOptions } from "./collect-options.js";
import { asCollector, collectSegments } from "./collect-segments.js";
import { listSegments } from "./segment-names.js";
import { scanLines } from "./segment-reader.js";
import { Segments } from "./segments.js";

export interface AnswerStoreOptions {
  /** Write nothing, ever: `put` rejects. */
  readOnly?: boolean;
  onWarning?: OnAnswersWarning;
}

/**
 * Everything that was paid for, by key, in `.kura/answers` of a storage. Any number of processes may have it open at once: each writes
 * segments of its own, and reads all. The same key may be kept more than once; the first that was seen counts, but that an answer counts
 * before a failure.
 *
 * Memory: about 40 bytes an answer.
 */
export class AnswerStore {
  readonly #storage: Storage;
  readonly #segments: Segments;
  readonly #writer: AnswerWriter;
  readonly #refusal: string | undefined;

  private constructor(storage: Storage, { readOnly = false, onWarning = () => {} }: AnswerStoreOptions) {
    this.#storage = storage;
    this.#segments = new Segments(storage, onWarning);
    this.#writer = new AnswerWriter(storage, (path, entries, byteLength) =>
      this.#segments.added(path, entries, byteLength),
    );
    this.#refusal = readOnly
      ? "the store was opened to be read only"
      : storage.append
        ? undefined
        : `nothing can be appended in ${storage.label}`;
    if (this.#refusal !== undefined) this.#writer.stop(this.#refusal);
  }

  /**
   * Makes nothing; the first `ready` or `put` does. Where writers ended well their indexes are read, else their answers are.
   *
   * @throws {NewerFormatError} If a newer version wrote to it.
   */
  static async open(storage: Storage, options: AnswerStoreOptions = {}): Promise<AnswerStore> {
    const store = new AnswerStore(storage, options);
    await store.refresh();
    return store;
  }

  /** Where lists of keys can be kept beside the answers; undefined where nothing can be written. */
  get listStorage(): Storage | undefined {
    return this.#refusal === undefined ? this.#storage : undefined;
  }

  /** How many keys have an answer or a failure. */
  get size(): number {
    return this.#segments.index.size;
  }

  has(key: string): boolean {
    assertKey(key);
    return this.#segments.index.find(key) !== undefined;
  }

  /** Undefined too if what is there cannot be believed, and is nowhere else; then `onWarning` is called. */
  async get(key: string): Promise<Answer | undefined> {
    assertKey(key);
    for (;;) {
      const place = this.#segments.index.find(key);
      if (!place) return undefined;
      const json = await this.#segments.read(place);
      const answer = json && decodeAnswer(json);
      if (answer?.key === key) return answer;
      // Damaged; or somebody has collected since, and the answer is elsewhere now, or dropped.
      await this.#segments.distrust(key, place);
    }
  }

  /**
   * Resolves when an answer could be kept now: to be awaited before anything is paid.
   *
   * @throws {UnwritableAnswersError} If the storage cannot be written to, or something could not be before.
   */
  ready(): Promise<void> {
    return this.#writer.ready();
  }

  /**
   * Resolves when the answer is durable. Those that are handed in together are made durable together.
   *
   * @throws {UnwritableAnswersError} If it could not be kept. Nor will anything after it be, by this store.
   */
  async put(answer: Answer): Promise<void> {
    const { key, failure } = answer;
    await this.#writer.put({ key, failed: failure !== undefined, bytes: encodeAnswer(answer) });
  }

  /** See what others have kept, or collected, since. */
  refresh(): Promise<void> {
    return this.#segments.refresh();
  }

  /** All answers that were kept for a chat, in no order, some perhaps twice. Reads everything. */
  async *ofChat(chatId: string, { signal }: { signal?: AbortSignal } = {}): AsyncGenerator<Answer> {
    const wanted = Buffer.from(`"chatId":${JSON.stringify(chatId)}`);
    for (const { path } of await listSegments(this.#storage)) {
      const source = await this.#storage.open(path);
      if (!source) continue;
      try {
        for await (const { lines } of scanLines(source, 0, { path, signal })) {
          for (const { json } of lines) {
            if (!json?.includes(wanted)) continue;
            const answer = decodeAnswer(json);
            // The same bytes may be in a text.
            if (answer.chatId === chatId) yield answer;
          }
        }
      } finally {
        await source.close();
      }
    }
  }

  /**
   * Drop answers, by what the caller says is to be kept; `collectAnswers` finds that out. What a living writer has not sealed is left alone.
   *
   * @throws {UnwritableAnswersError} If the store is read only.
   */
  async collect(options: CollectOptions): Promise<Collected> {
    if (this.#refusal !== undefined) throw new UnwritableAnswersError(this.#refusal);
    const collected = await asCollector(this.#storage, options.signal, () => collectSegments(this.#storage, options));
    await this.refresh();
    return collected;
  }

  /** Waits for what was handed in, and seals what was written. */
  async close(): Promise<void> {
    await this.#writer.close();
    await this.#segments.close();
  }
}
