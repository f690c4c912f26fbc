/** A question that was not answered, and what was done without the answer. Nothing is lost by it but quality. */
export interface Fallback {
  /** What the question was about. */
  readonly about: string;
  readonly reason: string;
  readonly detail?: string | undefined;
  /** Whether it would come to the same again. */
  readonly final: boolean;
  readonly instead: string;
}
