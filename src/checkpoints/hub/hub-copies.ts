import { randomUUID } from "node:crypto";
import { CorruptCheckpointError } from "../../errors.js";
import { repoId, revisionName } from "../../hub/names.js";
import type { Storage } from "../../storage/storage.js";
import { publishSmall } from "../publish-small.js";
import { readWhole } from "../read-whole.js";

/** A dataset of the Hub that is a copy of a directory. */
export interface HubCopy {
  /** "owner/name". */
  readonly id: string;
  /** A branch; "main" by default. */
  readonly revision?: string | undefined;
  /** Where it was said in code; else the environment of whoever asks decides. */
  readonly hubUrl?: string | undefined;
}

const PATH = ".kura/hub-copies.json";
const LOCK_NAME = ".hub-copies";
const MOST_BYTES = 1 << 20;

/**
 * The datasets that a directory was sent to, so that whoever has only the directory sees that one of them lags.
 *
 * @throws {CorruptCheckpointError} If what says so cannot be read.
 */
export async function hubCopiesOf(storage: Storage): Promise<HubCopy[]> {
  const bytes = await readWhole(storage, PATH, MOST_BYTES);
  if (!bytes) return [];
  const listed = parsed(bytes);
  if (listed) return listed;
  throw new CorruptCheckpointError(
    `${storage.label}/${PATH}`,
    "it is no list of datasets; the next kura push writes it anew",
  );
}

/** Remember a dataset as a copy; one that was known is written no second time. */
export async function rememberHubCopy(storage: Storage, { id, revision, hubUrl }: HubCopy): Promise<void> {
  const copy: HubCopy = {
    id,
    ...(revision !== undefined && revision !== "main" && { revision }),
    ...(hubUrl !== undefined && { hubUrl }),
  };
  const known = await hubCopiesOf(storage).catch(onlyDamage);
  if (known?.some((other) => isSame(other, copy))) return;
  const lock = await storage.lock(LOCK_NAME);
  try {
    const now = (await hubCopiesOf(storage).catch(onlyDamage)) ?? [];
    if (now.some((other) => isSame(other, copy))) return;
    const bytes = Buffer.from(`${JSON.stringify([...now, copy], undefined, 2)}\n`);
    await publishSmall(storage, PATH, bytes, `${PATH}.${randomUUID()}.tmp`);
  } finally {
    await lock.release();
  }
}

function parsed(bytes: Uint8Array): HubCopy[] | undefined {
  try {
    const listed: unknown = JSON.parse(Buffer.from(bytes).toString());
    return Array.isArray(listed) && listed.every(isCopy) ? listed : undefined;
  } catch {
    return undefined;
  }
}

function isCopy(value: unknown): value is HubCopy {
  if (typeof value !== "object" || value === null) return false;
  const { id, revision = "main", hubUrl = "" } = value as Record<string, unknown>;
  try {
    return repoId(id as string) === id && revisionName(revision as string) === revision && typeof hubUrl === "string";
  } catch {
    return false;
  }
}

const isSame = (a: HubCopy, b: HubCopy): boolean => a.id === b.id && a.revision === b.revision && a.hubUrl === b.hubUrl;

function onlyDamage(error: unknown): undefined {
  if (!(error instanceof CorruptCheckpointError)) throw error;
}
