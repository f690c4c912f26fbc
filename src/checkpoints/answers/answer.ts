import type { Usage } from "../../models/model.js";

/** What came back from a call, before anything was made of it: text, or a vector. */
export type AnswerValue = string | Float32Array;

/** Why the same call would fail again: `reason` in a word or two ("refused", "too long"), `detail` for people. */
export interface AnswerFailure {
  readonly reason: string;
  readonly detail?: string;
}

/** What a call came to. A failure is final: it is kept, and not bought again by itself. */
export type Outcome<V extends AnswerValue = AnswerValue> = (
  | { readonly value: V; readonly failure?: never }
  | { readonly failure: AnswerFailure; readonly value?: never }
) & {
  readonly usage?: Usage;
  /** Calls that it took, failed ones too. 1 if absent. */
  readonly attempts?: number;
};

/** An outcome as it is kept. */
export type Answer<V extends AnswerValue = AnswerValue> = Outcome<V> & {
  /** Hash of exactly what was sent: 64 lower-case hexadecimal digits. @see answerKey */
  readonly key: string;
  /** When it was kept, as `Date.prototype.toISOString` writes it. */
  readonly at: string;
  /** The chat whose call was paid. Another chat with the same text has the same answer, and is not named here. */
  readonly chatId?: string;
  readonly step?: string;
};
