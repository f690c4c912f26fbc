import { CorruptCheckpointError, NoGoodCopyError } from "../../errors.js";
import type { Copy } from "./copy.js";
import { haveIt } from "./sentences.js";
import type { Survey } from "./survey.js";

/** Read; where that cannot be done, the error says where it could be, or what else there is. */
export async function orSayWhere<T>(seen: Survey, tried: readonly Copy[], read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw amongCopies(error, seen, tried);
  }
}

/**
 * What is wrong with one copy, with what can be done as there are others: whoever looks at one file alone does not know that.
 *
 * @param tried Of which it is known that they do not help.
 */
export function amongCopies(error: unknown, seen: Survey, tried: readonly Copy[]): unknown {
  const ways = waysOut(seen, tried);
  if (ways.length === 0) return error;
  if (error instanceof CorruptCheckpointError) {
    const isGood = goodCopies(seen, tried).length > 0;
    // To adopt what is damaged, or to make it again, would be to lose what another copy has.
    const all = isGood ? ways : [...(error.wayOut === undefined ? [] : [error.wayOut]), ...ways];
    return new CorruptCheckpointError(error.path, error.reason, { ...error, wayOut: all.join("; "), cause: error });
  }
  if (error instanceof NoGoodCopyError)
    return new NoGoodCopyError(seen.name, [error.reason, ...ways].join("; "), error);
  return error;
}

/** Those that have the newest rows, but for these. */
export function goodCopies({ sightings }: Survey, but: readonly Copy[]): Copy[] {
  return sightings.filter(({ copy, state }) => state === "good" && !but.includes(copy)).map(({ copy }) => copy);
}

function waysOut(seen: Survey, tried: readonly Copy[]): string[] {
  const good = goodCopies(seen, tried);
  // A sync that checks nothing takes a file of the right length for what was saved.
  if (good.length > 0) return [`${haveIt(good)} a good copy: sync with check (kura sync --check) brings this one up`];
  return seen.sightings
    .filter(({ copy, state }) => !tried.includes(copy) && (state === "behind" || state === "diverged"))
    .map(({ copy, found }) => {
      const { id } = found!.revision!;
      return `"${copy.label}" has revision ${id}, which is not the newest: restore it to go on from there`;
    });
}
