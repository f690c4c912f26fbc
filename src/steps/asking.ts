import type { JsonSchema } from "../models/model.js";

/*
 * What a step that asks a model knows of asking: what is sent, and what is made of the answer. Where answers are kept, how often and how
 * many at once is asked, is its caller's business; so a step is a pure function of rows, options and answers.
 */

export interface TextQuestion<T> {
  /** Exactly what is sent. Rendered when it is its turn: of thousands of questions only those that are open have a text. */
  readonly prompt: () => string;
  /** What the answer's JSON must look like. */
  readonly schema: JsonSchema;
  /** Of the JSON text that came back. Throws where it has the wrong shape: then it is asked again, some times. Deterministic. */
  readonly read: (text: string) => T;
  /** The conversation it is about, if it is one. */
  readonly chatId?: string | undefined;
}

/** `final`: it would come to the same again. */
export type Reply<T> = { readonly value: T; readonly failure?: undefined } | FailedReply;

export interface FailedReply {
  readonly value?: undefined;
  readonly failure: { readonly reason: string; readonly detail?: string };
  readonly final: boolean;
  /** What was thrown, where that was in this run. */
  readonly error?: unknown;
}

export type AskText = <T>(question: TextQuestion<T>) => Promise<Reply<T>>;

/** Vectors of texts, in their order; texts that are known cost nothing. */
export type AskVectors = (texts: readonly string[]) => Promise<Reply<Float32Array>[]>;
