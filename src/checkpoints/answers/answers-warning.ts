/** Bytes of a segment that are not what was written: a write that was cut off, or damage. What is around them is read. */
export interface AnswersWarning {
  readonly type: "answers-unreadable";
  readonly path: string;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export type OnAnswersWarning = (warning: AnswersWarning) => void;
