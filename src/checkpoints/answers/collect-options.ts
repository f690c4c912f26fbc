export interface Retention {
  /** Whether something that is kept still refers to an answer. Asked more than once for a key. */
  keep: (key: string) => boolean;
  /** What nothing refers to is dropped when it is older, … */
  maxAgeMs?: number | undefined;
  /** … and, the oldest first, while all answers together take more. */
  maxBytes?: number | undefined;
  /** Milliseconds since 1970. */
  now?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface CollectOptions extends Retention {
  /** How long to watch a writer on another machine, which cannot be asked, for a sign of life. A minute tells. */
  waitMs?: number | undefined;
  /** Only count what would go. */
  dryRun?: boolean | undefined;
  /** Told of the key of every answer that stays, where all could be looked at. */
  onStays?: ((key: string) => void) | undefined;
}

export interface Collected {
  readonly kept: number;
  readonly dropped: number;
  /** What all answers take now. */
  readonly byteLength: number;
  /** Segments that were left alone, as a living writer may still write to them. */
  readonly skipped: readonly string[];
}
