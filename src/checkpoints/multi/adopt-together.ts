import { CorruptCheckpointError, MissingCheckpointError } from "../../errors.js";
import type { RowType } from "../../rows/row-type.js";
import type { Agreement } from "../agreement.js";
import type { BaseCheckpointManager, ChangeOptions, LoadOptions } from "../base-checkpoint-manager.js";
import type { CheckpointInfo } from "../info.js";
import { type Copy, errorOf } from "./copy.js";
import type { CopyState } from "./copy-state.js";
import { nextRevision } from "./next-revision.js";
import { failureOf } from "./open-survey.js";
import { compare, type Survey, survey } from "./survey.js";
import { syncCheckpoint } from "./sync-checkpoint.js";

export interface AdoptTogetherOptions extends LoadOptions, ChangeOptions {
  readonly location: string;
}

/** What a file is adopted from, best first: what is there to be adopted, else what is ours already, else what is damaged. */
const ORDER: readonly CopyState[] = ["unversioned", "good", "damaged"];

/** Adopt what one copy has, and bring the others up: also those that have the same rows in a file that is not ours either. */
export async function adoptTogether(
  seen: Survey,
  type: RowType | undefined,
  { madeFrom, signal, agreement: outer, location }: AdoptTogetherOptions,
): Promise<CheckpointInfo> {
  const { name, sightings } = seen;
  const failed = sightings.filter((one) => one.state === "failed");
  // It may be the one whose file is meant.
  if (failed.length > 0 && !sightings.some((one) => one.state === "unversioned"))
    throw failureOf(
      name,
      failed.map(({ copy, error }) => ({ copy, error: errorOf(error) })),
    );
  const state = ORDER.find((wanted) => sightings.some((one) => one.state === wanted));
  const first = sightings.find((one) => one.state === state)?.copy;
  if (!first) throw new MissingCheckpointError(name, `"${location}"`);
  const others = new Map(sightings.map(({ copy, found, error }) => [copy, found ?? { error }]));
  const agreement: Agreement = {
    decide: async (found) => await nextRevision(compare(name, new Map([...others, [first, found]])), outer),
    publish: async (written) => await outer?.publish(written),
  };
  const info = await adoptIn(first, name, type, { madeFrom, signal, agreement });
  const { revision } = info;
  const copies = sightings.map(({ copy }) => copy);
  const now = await survey(copies, name, signal);
  for (const { copy, state } of now.sightings)
    if (state === "unversioned" && revision) await adoptSame(copy, name, type, { madeFrom, signal, wanted: now });
  await syncCheckpoint(await survey(copies, name, signal), { signal, onRepaired: () => {} });
  return info;
}

/** A file of the same rows becomes the same revision; one of others stays what it is. */
async function adoptSame(
  copy: Copy,
  name: string,
  type: RowType | undefined,
  { madeFrom, signal, wanted: { newest } }: LoadOptions & { wanted: Survey },
): Promise<void> {
  const { revision, ancestors } = newest!;
  const agreement: Agreement = {
    decide: async () => ({ ...revision, ancestors }),
    publish: async ({ rowHash }) => {
      if (rowHash !== revision.rowHash) throw new Error("it has other rows");
    },
  };
  // Whether it could be is seen by looking at it again.
  await adoptIn(copy, name, type, { madeFrom, signal, agreement }).catch(() => signal?.throwIfAborted());
}

async function adoptIn(
  copy: Copy,
  name: string,
  type: RowType | undefined,
  { signal, ...options }: LoadOptions & ChangeOptions,
): Promise<CheckpointInfo> {
  const look = (manager: BaseCheckpointManager, stop: AbortSignal) => manager.getCheckpointInfo(name, { signal: stop });
  const known = await copy.ask(look, { signal }).catch((error: unknown) => {
    // Of what is damaged nobody tells how much it is.
    if (error instanceof CorruptCheckpointError) return undefined;
    throw error;
  });
  return await copy.ask((manager, stop) => manager.adoptCheckpoint(name, type, { ...options, signal: stop }), {
    signal,
    bytes: known ? 2 * known.bytes : Number.POSITIVE_INFINITY,
  });
}
