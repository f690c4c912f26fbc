import type { ChangeOptions } from "../base-checkpoint-manager.js";
import { changeTogether } from "./change-together.js";
import { type Copy, errorOf } from "./copy.js";
import { nextRevision } from "./next-revision.js";
import { assertEnough, noteHealth } from "./outcomes.js";
import { compare, survey } from "./survey.js";

export interface DeleteTogetherOptions extends ChangeOptions {
  readonly minimum: number;
  readonly onFailed: (copy: Copy, error: Error) => void;
}

/**
 * Delete wherever it can be done: unlike a save, a deletion in few copies is better than in none, as it counts in all.
 *
 * @returns Whether any had it.
 */
export async function deleteTogether(
  copies: readonly Copy[],
  name: string,
  { minimum, onFailed, signal, agreement: outer }: DeleteTogetherOptions,
): Promise<boolean> {
  const { sightings } = await survey(copies, name, signal);
  const isNowhere = sightings.every(({ found }) => found?.state === "absent" || found?.state === "deleted");
  if (isNowhere && !outer) {
    // Each makes sure that what is not there will not be there after a power cut.
    for (const copy of copies)
      await copy.ask((manager, stop) => manager.deleteCheckpoint(name, { signal: stop }), { signal });
    return false;
  }
  const parts = await changeTogether<boolean>(copies, {
    minimum: 1,
    signal,
    work: (part) => part.copy.manager.deleteCheckpoint(name, { signal: part.signal, agreement: part }),
    plan: async (found) => await nextRevision(compare(name, found), outer),
    beforePublish: (written) => outer?.publish(written) ?? Promise.resolve(),
  });
  noteHealth(parts);
  signal?.throwIfAborted();
  assertEnough("delete", name, minimum, parts);
  for (const { copy, end } of parts) if (end && "error" in end) onFailed(copy, errorOf(end.error));
  return parts.some(({ end }) => end && "value" in end && end.value);
}
