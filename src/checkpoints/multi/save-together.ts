import type { Row } from "../../rows/column.js";
import type { RowType } from "../../rows/row-type.js";
import type { SaveOptions } from "../base-checkpoint-manager.js";
import type { CheckpointInfo } from "../info.js";
import type { RevisionState } from "../revision-state.js";
import { changeTogether } from "./change-together.js";
import { type Copy, errorOf } from "./copy.js";
import { nextRevision } from "./next-revision.js";
import { assertEnough, noteHealth } from "./outcomes.js";
import { SharedRows } from "./shared-rows.js";
import { compare, type Survey, survey } from "./survey.js";

export interface SaveTogetherOptions extends SaveOptions {
  readonly batches: AsyncIterable<Row[]>;
  readonly type: RowType | undefined;
  readonly minimum: number;
  /** Copies that are not saved to, and whose revisions count all the same. */
  readonly others: readonly Copy[];
}

export interface SavedTogether {
  readonly info: CheckpointInfo;
  readonly outcomes: readonly { readonly copy: Copy; readonly error: Error | undefined }[];
  /** What stood in the copies before. */
  readonly before: Survey;
}

/** @throws What the rows, or the functions of `madeFrom` and `missing`, throw; else what `assertEnough` says. */
export async function saveTogether(
  copies: readonly Copy[],
  name: string,
  { batches, type, minimum, others, madeFrom, missing, signal, agreement: outer, ownRows }: SaveTogetherOptions,
): Promise<SavedTogether> {
  const rows = new SharedRows(batches);
  const described = { madeFrom: once(madeFrom), missing: once(missing) };
  let before: Survey | undefined;
  try {
    const parts = await changeTogether<CheckpointInfo>(copies, {
      minimum,
      signal,
      work: (part) =>
        part.copy.manager.saveCheckpoint(name, rows.join(part.clock), type, {
          ...described,
          signal: part.signal,
          agreement: part,
          ownRows,
        }),
      async plan(found) {
        const elsewhere = await survey(others, name, signal);
        const states = elsewhere.sightings.map(({ copy, found, error }): [Copy, RevisionState | { error: unknown }] => [
          copy,
          found ?? { error },
        ]);
        before = compare(name, new Map([...found, ...states]));
        return await nextRevision(before, outer);
      },
      onBegun: (scope) => rows.start(scope),
      onLeft: (part, reason) => rows.leave(part.clock, reason),
      beforePublish: (written) => outer?.publish(written) ?? Promise.resolve(),
    });
    noteHealth(parts);
    signal?.throwIfAborted();
    if (rows.failure) throw rows.failure.error;
    assertEnough("save", name, minimum, parts);
    const ends = parts.map(({ copy, end }) => ({ copy, end: end! }));
    return {
      info: ends.flatMap(({ end }) => ("value" in end ? [end.value] : []))[0]!,
      outcomes: ends.map(({ copy, end }) => ({ copy, error: "error" in end ? errorOf(end.error) : undefined })),
      before: before!,
    };
  } finally {
    rows.close();
  }
}

/** Each copy would ask. */
function once<T, A extends unknown[]>(given: T | ((...args: A) => T) | undefined): T | ((...args: A) => T) | undefined {
  if (typeof given !== "function") return given;
  let answer: { readonly value: T } | { readonly error: unknown } | undefined;
  return (...args) => {
    if (!answer) {
      try {
        answer = { value: (given as (...args: A) => T)(...args) };
      } catch (error) {
        answer = { error };
      }
    }
    if ("error" in answer) throw answer.error;
    return answer.value;
  };
}
