import type { RevisionState } from "./revision-state.js";

/**
 * How saves, or deletions, of one checkpoint in several places become one: whoever started them decides which revision it is, and when it
 * is published. A manager that is given one calls each member once, in this order, and holds its lock meanwhile.
 */
export interface Agreement {
  /**
   * There is something to wait for that is not the manager's fault, such as another writer, or whose silence it notices itself, such as
   * a network: until the next call of a member the time is not held against it.
   */
  waiting?(forWhat: string): void;
  /**
   * Under the lock, before anything is written.
   *
   * @param found What stands here now.
   * @returns The revision to save as, also where one of that id is here: it is then saved anew. What it throws ends the save.
   */
  decide(found: RevisionState): Promise<NewRevision>;
  /**
   * All is durable, and nothing visible. Resolves when it shall be; what it throws undoes the save. Of a deletion, which writes nothing
   * before, the rows are 0 and the hash is empty.
   */
  publish(written: { readonly rows: number; readonly rowHash: string }): Promise<void>;
}

/** A revision before its rows are known. */
export interface NewRevision {
  readonly id: string;
  readonly parent: string | null;
  /** ISO 8601, UTC. */
  readonly savedAt: string;
  /** Ids of those before the parent, newest first. */
  readonly ancestors: readonly string[];
}
