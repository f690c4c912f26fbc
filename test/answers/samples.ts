import { createHash } from "node:crypto";
import type { Answer } from "../../src/checkpoints/answers/answer.js";
import { AnswerStore, type AnswerStoreOptions } from "../../src/checkpoints/answers/answer-store.js";
import type { AnswersWarning } from "../../src/checkpoints/answers/answers-warning.js";
import type { FileSystem } from "../../src/storage/file-system.js";
import { LocalStorage } from "../../src/storage/local.js";

export const PARENT = "/srv";
export const DIRECTORY = `${PARENT}/checkpoints`;
export const SEGMENTS = `${DIRECTORY}/.kura/answers`;
export const LOCKS = `${DIRECTORY}/.kura/locks`;
export const AT = "2026-01-02T03:04:05.678Z";

export function keyOf(name: string | number): string {
  return createHash("sha256").update(`key ${name}`).digest("hex");
}

/** Every third is text, a vector, a failure; each says which it is. */
export function answerOf(number: number, at = AT): Answer {
  const kept = { key: keyOf(number), attempts: 1 + (number % 3), at, chatId: `chat ${number % 10}`, step: "summaries" };
  switch (number % 3) {
    case 0:
      return {
        ...kept,
        value: `text ${number} “ü”\n${"\ud83d\ude00 words ".repeat(number % 7)}`,
        usage: { inputTokens: number },
      };
    case 1:
      return { ...kept, value: Float32Array.of(number, 1 / 3, Number.NaN, -0, number / 7) };
    default:
      return { ...kept, failure: { reason: "refused", detail: `number ${number}` } };
  }
}

export function storageOn(fileSystem: FileSystem): LocalStorage {
  return new LocalStorage(DIRECTORY, { fileSystem });
}

export function openOn(fileSystem: FileSystem, options?: AnswerStoreOptions): Promise<AnswerStore> {
  return AnswerStore.open(storageOn(fileSystem), options);
}

/** Which of some numbers a store has; those that it has must be exactly what was kept. */
export async function numbersIn(store: AnswerStore, numbers: Iterable<number>): Promise<Set<number>> {
  const found = new Set<number>();
  for (const number of numbers) {
    const answer = await store.get(keyOf(number));
    if (!answer) continue;
    assertSame(answer, answerOf(number, answer.at));
    found.add(number);
  }
  return found;
}

/** Quicker than `expect` over ten thousand states, and bit by bit for vectors. */
export function assertSame(found: Answer, wanted: Answer): void {
  if (spell(found) !== spell(wanted)) throw new Error(`${spell(found)} was kept as ${spell(wanted)}`);
}

function spell({ key, value, failure, usage, attempts, at, chatId, step }: Answer): string {
  const said = value instanceof Float32Array ? [...new Uint32Array(value.slice().buffer)] : value;
  return JSON.stringify([key, said, failure, usage, attempts, at, chatId, step]);
}

export interface Look {
  readonly found: Set<number>;
  readonly warnings: readonly AnswersWarning[];
}

/** What somebody sees who opens it only to read. */
export async function lookAt(fileSystem: FileSystem, numbers: Iterable<number>): Promise<Look> {
  const warnings: AnswersWarning[] = [];
  const store = await openOn(fileSystem, { readOnly: true, onWarning: (warning) => warnings.push(warning) });
  const found = await numbersIn(store, numbers);
  await store.close();
  return { found, warnings };
}
