import { CorruptCheckpointError, NoGoodCopyError } from "../../errors.js";
import type { Copy } from "./copy.js";
import type { Survey } from "./survey.js";

/** Read; where that cannot be done, the error says where it could be, or what else there is. */
export async function orSayWhere<T>(seen: Survey, tried: readonly Copy[], read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const hint = wayOut(seen, tried);
    if (hint === "") throw error;
    if (error instanceof CorruptCheckpointError)
      throw new CorruptCheckpointError(error.path, error.reason + hint, { ...error, cause: error });
    if (error instanceof NoGoodCopyError) throw new NoGoodCopyError(seen.name, error.reason + hint, error);
    throw error;
  }
}

function wayOut({ sightings }: Survey, tried: readonly Copy[]): string {
  const others = sightings.filter(({ copy }) => !tried.includes(copy));
  const good = others.filter(({ state }) => state === "good").map(({ copy }) => `"${copy.label}"`);
  if (good.length > 0)
    return `; ${good.join(" and ")} has a good copy: sync brings this one up, the load strategy "first_found" passes it over`;
  const older = others.filter(({ state }) => state === "behind" || state === "diverged");
  return older
    .map(({ copy, found }) => {
      const { id } = found!.revision!;
      return `; "${copy.label}" has revision ${id}, which is not the newest: restore it to go on from there`;
    })
    .join("");
}
