import { AsyncResource } from "node:async_hooks";
import type { NewRevision } from "../agreement.js";
import type { RevisionState } from "../revision-state.js";
import { type Copy, placeKey } from "./copy.js";
import { Part, type Work, type Written } from "./part.js";

export interface Together<T> {
  /** In how many copies it has to succeed. Below that none publishes, as far as it is known before. */
  readonly minimum: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether another writer is waited for; by default yes. */
  readonly isPatient?: boolean | undefined;
  readonly work: Work<T>;
  /** Which revision it is, given what stands where. @throws If it shall not be at all. */
  plan(found: ReadonlyMap<Copy, RevisionState>): Promise<NewRevision>;
  /** A copy that has begun is now to leave alone what stands there. @throws Why. */
  readonly accept?: ((copy: Copy, found: RevisionState) => void) | undefined;
  /** All have begun, and wait for what they are given. */
  readonly onBegun?: ((scope: AsyncResource) => void) | undefined;
  /** A copy takes part no more, and why. */
  readonly onLeft?: ((part: Part<T>, reason: unknown) => void) | undefined;
  /** All is durable and nothing visible. @throws If it shall stay so. */
  readonly beforePublish?: ((written: Written) => Promise<void>) | undefined;
}

/** It could have been done here, and too few other copies could. */
export class Withdrawn extends Error {}

/**
 * Do one thing to several copies: all take their locks, in an order that all who write there share; then all stage; then, if enough could,
 * all publish. A copy that fails, or does not come back, is left behind. Resolves when all have ended, whether well or not, and have let
 * go of their locks.
 *
 * @throws What `plan` and `beforePublish` throw; nothing has been published then.
 */
export async function changeTogether<T>(copies: readonly Copy[], options: Together<T>): Promise<Part<T>[]> {
  const { minimum, signal, isPatient, work, plan, accept, onBegun, onLeft, beforePublish } = options;
  const parts = copies.map((copy) => new Part<T>(copy, isPatient));
  const live = () => parts.filter(({ end }) => end === undefined);
  const leaveAll = (reason: unknown) => {
    for (const part of live()) part.fail(reason);
  };
  let [isPublishing, hasBegun] = [false, false];
  const withdrawTooFew = () => {
    if (hasBegun && !isPublishing && live().length < minimum) leaveAll(new Withdrawn());
  };
  for (const part of parts) {
    void part.ended().then(() => {
      if (part.end && "error" in part.end) onLeft?.(part, part.end.error);
      withdrawTooFew();
    });
  }
  const onAbort = () => {
    if (!isPublishing) leaveAll(signal!.reason);
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    let scope = new AsyncResource("kura.copies");
    const found = new Map<Copy, RevisionState>();
    for (const part of byPlace(parts)) {
      if (signal?.aborted) part.fail(signal.reason);
      else scope.runInAsyncScope(() => part.start(work));
      const state = await part.begun();
      if (!state || part.end) continue;
      scope = part.scope ?? scope;
      try {
        accept?.(part.copy, state);
        found.set(part.copy, state);
      } catch (error) {
        part.fail(error);
      }
    }
    hasBegun = true;
    withdrawTooFew();
    if (live().length === 0) return parts;
    const revision = await scope.runInAsyncScope(() => plan(found));
    for (const part of live()) part.go(revision);
    onBegun?.(scope);

    const written = new Map<Part<T>, Written>();
    await Promise.all(
      parts.map(async (part) => {
        const what = await part.written();
        if (what) written.set(part, what);
      }),
    );
    const agreed = leaveOddOnes(live(), written);
    withdrawTooFew();
    if (!agreed || live().length === 0) return parts;
    await beforePublish?.(agreed);
    if (live().length === 0) return parts;
    isPublishing = true;
    for (const part of live()) part.goPublish();
    await Promise.all(parts.map((part) => part.ended()));
    return parts;
  } catch (error) {
    leaveAll(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await Promise.all(parts.map((part) => part.finished({ isStopped: signal?.aborted })));
  }
}

function byPlace<T>(parts: readonly Part<T>[]): Part<T>[] {
  const keyed = parts.map((part) => ({ part, key: placeKey(part.copy.manager) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ part }) => part);
}

/** The same rows have the same hash, whatever the format: a copy that wrote others than most is left behind. */
function leaveOddOnes<T>(live: readonly Part<T>[], written: ReadonlyMap<Part<T>, Written>): Written | undefined {
  const votes = new Map<string, Part<T>[]>();
  for (const part of live) {
    const hash = written.get(part)!.rowHash;
    votes.set(hash, [...(votes.get(hash) ?? []), part]);
  }
  const [most, ...others] = [...votes.values()].sort((a, b) => b.length - a.length);
  for (const part of others.flat())
    part.fail(new Error(`the manager of "${part.copy.label}" says that it wrote other rows than it was given`));
  return most && written.get(most[0]!);
}
