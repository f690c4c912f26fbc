import type { ByteSource } from "../bytes/byte-source.js";
import { verified } from "../bytes/verified.js";
import { CorruptCheckpointError, MissingCheckpointError } from "../errors.js";
import type { Contents, NewFiles } from "./commit.js";
import type { OnCheckpointEvent } from "./event.js";
import { byAge, listHistory, readManifests } from "./history.js";
import { lookAt } from "./look.js";
import { lostHead } from "./lost-head.js";
import type { Manifest, Revision } from "./manifest.js";
import { openRevision, verifiedParts } from "./open-checkpoint.js";
import { openKept } from "./open-kept.js";
import type { Place } from "./place.js";
import { rowTypeOf } from "./row-type-of.js";
import { writeRows } from "./write-rows.js";

/** One state of a checkpoint that can be had: the current one, or an earlier one that is kept. */
export interface StoredRevision extends Omit<Revision, "rowHash"> {
  /** Empty for rows that are not ours. */
  readonly rowHash: string;
  /** undefined where nobody has counted them. */
  readonly rows: number | undefined;
  readonly bytes: number;
  readonly current: boolean;
  /** Whether a manifest describes it; else it is another program's file that a save displaced, or its manifest is damaged. */
  readonly ours: boolean;
}

interface RestoreOptions {
  onEvent: OnCheckpointEvent | undefined;
  signal: AbortSignal | undefined;
}

const COPY_CHUNK_BYTES = 1 << 20;

/** Newest first, the current one before all others. A current file that is not ours, or damaged, has no revision. */
export async function storedRevisions(place: Place): Promise<StoredRevision[]> {
  const current = await currentManifest(place);
  const history = await listHistory(place);
  const manifests = await readManifests(place, history.manifests);
  const lost = current ? undefined : await lostHead(place, history, manifests.values());
  const ids = [...history.data.keys(), ...(lost?.isComplete ? [lost.manifest.revision.id] : [])];
  const revisions = current ? [described(current, true)] : [];
  for (const id of ids.sort(byAge)) {
    if (id === current?.revision.id) continue;
    const manifest = manifests.get(id);
    const revision = manifest ? described(manifest, false) : await undescribed(place, id);
    if (revision) revisions.push(revision);
  }
  return revisions;
}

async function currentManifest(place: Place): Promise<Manifest | undefined> {
  try {
    const look = await lookAt(place, { enough: "length" });
    await look?.files.close();
    return look?.match?.manifest;
  } catch (error) {
    // When what stands is damaged is when earlier revisions are wanted.
    if (error instanceof CorruptCheckpointError) return undefined;
    throw error;
  }
}

function described({ rows, bytes, revision }: Manifest, current: boolean): StoredRevision {
  return { ...revision, rows, bytes, current, ours: true };
}

async function undescribed(place: Place, id: string): Promise<StoredRevision | undefined> {
  const kept = await openKept(place, id).catch(ignoreMissing);
  try {
    if (!kept) return undefined;
    const { bytes } = await kept.listed();
    const savedAt = kept.head.modifiedAt.toISOString();
    return { id, parent: null, savedAt, rowHash: "", rows: undefined, bytes, current: false, ours: false };
  } finally {
    await kept?.close();
  }
}

/** It was swept since it was listed. */
function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof MissingCheckpointError)) throw error;
}

/**
 * Write the rows of a kept revision once more, byte for byte where it is ours, else row for row. Parts never change: those of ours are
 * listed anew.
 *
 * @throws {MissingCheckpointError} If none of that id is kept.
 * @throws {CorruptCheckpointError} If it is damaged.
 */
export async function writeRevision(
  place: Place,
  id: string,
  files: NewFiles,
  options: RestoreOptions,
): Promise<Contents> {
  const kept = await openKept(place, id);
  try {
    const manifest = (await readManifests(place, [id])).get(id);
    if (!manifest) return await writeUndescribed(place, id, files, options);
    const openPart = verifiedParts(kept, manifest);
    for (const { name } of manifest.parts ?? []) {
      const part = await openPart(name);
      if (!part) throw new CorruptCheckpointError(kept.pathOf(name), "it was saved, and is missing");
      await readThrough(part.source, options.signal, async () => {});
    }
    const head = verified(kept.head, manifest.pieces, kept.path);
    await readThrough(head, options.signal, (chunk) => files.head.write(chunk));
    const { rows, pieces, parts, rowType, fingerprint, missing, revision } = manifest;
    return {
      rows,
      rowHash: revision.rowHash,
      pieces,
      ...(parts && { parts }),
      rowType,
      missing,
      ...(fingerprint && { fingerprint }),
    };
  } finally {
    await kept.close();
  }
}

async function readThrough(
  source: ByteSource,
  signal: AbortSignal | undefined,
  onChunk: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < source.byteLength; start += COPY_CHUNK_BYTES) {
    signal?.throwIfAborted();
    await onChunk(await source.read(start, Math.min(source.byteLength, start + COPY_CHUNK_BYTES), { signal }));
  }
}

async function writeUndescribed(place: Place, id: string, files: NewFiles, options: RestoreOptions): Promise<Contents> {
  const opened = await openRevision(place, id, { type: undefined, ...options });
  try {
    const { signal } = options;
    return await writeRows(place, opened.batches({ signal }), { type: await rowTypeOf(opened, signal), files });
  } finally {
    await opened.close();
  }
}
