import type { CopyState } from "./multi/copy-state.js";

/** What a manager says while it works. Nothing depends on anybody listening. */
export type CheckpointEvent =
  | {
      readonly type: "warning";
      readonly code: WarningCode;
      readonly checkpoint: string;
      /** Of a MultiCheckpointManager, which of its copies. */
      readonly copy?: string;
      /** A sentence for a person. */
      readonly message: string;
    }
  | {
      /** The rows are durable. */
      readonly type: "saved";
      readonly checkpoint: string;
      readonly revision: string;
      readonly rows: number;
      readonly bytes: number;
      readonly seconds: number;
    };

/**
 * `waiting`: another writer has the name · `unverified`: nothing describes the bytes that are read, so they are checked as they are
 * decoded · `other-columns`: what is called as one of Kura's checkpoints has other columns, and is read by them · `other-splits`: a
 * dataset has several splits, of which the usual one is read as nobody said which is meant · `unknown-fields`: rows hold fields that the
 * row type does not know, which are left out · `altered-values`: whoever saved the rows could not keep all that they held, and they are
 * read as well as can be · `duplicate-keys`: rows that are adopted have keys that others have · `fallback`: a model gave no answer, and
 * something was done without it · `missing-rows`: rows that could not be made are left out · `hub-waiting`: the Hub cannot be reached, or
 * asks to wait, and is asked again; of no checkpoint in particular · `answers-not-collected`: answers that are needed no more are still
 * there · `copy-…`: how a copy of a MultiCheckpointManager is, or that it was brought up.
 */
export type WarningCode =
  | `copy-${Exclude<CopyState, "good"> | "repaired"}`
  | "waiting"
  | "unverified"
  | "other-columns"
  | "other-splits"
  | "unknown-fields"
  | "altered-values"
  | "duplicate-keys"
  | "fallback"
  | "hub-waiting"
  | "missing-rows"
  | "answers-not-collected";

/** What is said of rows because another program saved them. */
export const isOfOthers = (code: WarningCode): boolean => code === "unverified" || code === "other-columns";

export type OnCheckpointEvent = (event: CheckpointEvent) => void;
