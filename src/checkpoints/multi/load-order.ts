import { NoGoodCopyError } from "../../errors.js";
import { goodCopies } from "./among-copies.js";
import { type Copy, errorOf } from "./copy.js";
import type { CopyState } from "./copy-state.js";
import { failureOf } from "./open-survey.js";
import { haveIt, sentenceOf } from "./sentences.js";
import type { Survey } from "./survey.js";

export type LoadStrategy = "first_found" | "priority" | "newest" | "fastest";

export interface LoadOrderOptions {
  readonly strategy: LoadStrategy;
  /** Whether so many copies answer that what none of them has is absent. */
  readonly isEnough: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * The copies that a checkpoint can be loaded from, in the order in which they are tried; none where there is nothing.
 *
 * @throws {NoGoodCopyError} If there may be something, and no copy can be used to say so.
 */
export async function loadOrder(seen: Survey, { strategy, isEnough, signal }: LoadOrderOptions): Promise<Copy[]> {
  const { name, newest, sightings } = seen;
  const having = (state: CopyState) => sightings.filter((one) => one.state === state).map(({ copy }) => copy);
  if (newest?.isDeletion) return [];
  if (strategy === "priority") return firstOnly(seen);
  const good = having(newest ? "good" : "unversioned");
  if (good.length > 0) return inOrder(good, await rankOf(good, seen, strategy, signal));
  const damaged = having("damaged");
  const failed = sightings.filter(({ state }) => state === "failed");
  // What is wrong with it is said by opening it.
  if (damaged.length > 0 || failed.length === 0 || isEnough) return damaged;
  const failure = failureOf(
    name,
    failed.map(({ copy, error }) => ({ copy, error: errorOf(error) })),
  );
  if (failed.length === sightings.length) throw failure;
  const { copy } = failed[0]!;
  throw new NoGoodCopyError(
    name,
    `"${copy.label}" does not answer (${failure.message}), so whether it has any is not known, and none of the others has; where fewer copies are enough, minimumCopies says so (kura run --minimum-copies)`,
    failure,
  );
}

/** What to do where `priority` keeps a good copy from being read. */
export const ONLY_ONE =
  'the load strategy "priority" reads the first copy and no other; sync brings it up, "first_found" reads the other';

/** What `priority` reads: the first copy, unless another is known to have something newer. */
function firstOnly(seen: Survey): Copy[] {
  const { name, newest, sightings } = seen;
  const [first] = sightings;
  if (!first || first.state === "absent") return [];
  const { copy, state, error } = first;
  if (state === "good" || state === "damaged" || (state === "unversioned" && !newest)) return [copy];
  if (state === "failed") throw failureOf(name, [{ copy, error: errorOf(error) }]);
  throw new NoGoodCopyError(
    name,
    `"${copy.label}" ${sentenceOf(state, seen)}; ${haveIt(goodCopies(seen, [copy]))} it: ${ONLY_ONE}`,
  );
}

type Rank = (copy: Copy) => number;

/** By which of several copies that are as good the first is chosen: the least. */
async function rankOf(
  copies: readonly Copy[],
  { name, newest }: Survey,
  strategy: LoadStrategy,
  signal: AbortSignal | undefined,
): Promise<Rank> {
  // One that was never measured is, once.
  if (strategy === "fastest") return ({ secondsPerRow = 0 }) => secondsPerRow;
  if (strategy !== "newest" || newest) return () => 0;
  const times = new Map<Copy, number>();
  for (const copy of copies) {
    const info = await copy
      .ask((manager, stop) => manager.getCheckpointInfo(name, { signal: stop }), { signal })
      .catch(() => undefined);
    times.set(copy, info?.savedAt?.getTime() ?? 0);
  }
  return (copy) => -times.get(copy)!;
}

function inOrder(copies: readonly Copy[], rank: Rank): Copy[] {
  return [...copies].sort((a, b) => Number(a.isDistrusted) - Number(b.isDistrusted) || rank(a) - rank(b));
}
