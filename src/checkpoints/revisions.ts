import type { ByteSink } from "../bytes/byte-source.js";
import { verified } from "../bytes/verified.js";
import { CorruptCheckpointError, MissingCheckpointError } from "../errors.js";
import type { Contents } from "./commit.js";
import type { OnCheckpointEvent } from "./event.js";
import { byAge, listHistory, readManifests } from "./history.js";
import { dataPath } from "./layout.js";
import { lookAt } from "./look.js";
import type { Manifest, Revision } from "./manifest.js";
import { openRevision } from "./open-checkpoint.js";
import type { Place } from "./place.js";
import { isRevisionId } from "./revision-id.js";
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
  const { storage, visible } = place;
  const current = await currentManifest(place);
  const { data, manifests: ids } = await listHistory(storage, visible);
  const manifests = await readManifests(storage, visible, ids);
  const revisions = current ? [described(current, true)] : [];
  for (const id of [...data.keys()].sort(byAge)) {
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
    await look?.file.close();
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

async function undescribed({ storage, visible }: Place, id: string): Promise<StoredRevision | undefined> {
  const file = await storage.open(dataPath(visible, id));
  if (!file) return undefined;
  await file.close();
  const savedAt = file.modifiedAt.toISOString();
  const bytes = file.byteLength;
  return { id, parent: null, savedAt, rowHash: "", rows: undefined, bytes, current: false, ours: false };
}

/**
 * Write the rows of a kept revision once more, byte for byte where it is ours, else row for row.
 *
 * @throws {MissingCheckpointError} If none of that id is kept.
 * @throws {CorruptCheckpointError} If it is damaged.
 */
export async function writeRevision(
  place: Place,
  id: string,
  sink: ByteSink,
  options: RestoreOptions,
): Promise<Contents> {
  const { storage, visible, name } = place;
  const file = isRevisionId(id.replace(/^f/, "")) ? await storage.open(dataPath(visible, id)) : undefined;
  if (!file) throw new MissingCheckpointError(`${name}, revision ${id}`, `"${storage.label}"`);
  const path = `${storage.label}/${dataPath(visible, id)}`;
  try {
    const manifest = (await readManifests(storage, visible, [id])).get(id);
    if (!manifest) return await writeUndescribed(place, id, sink, options);
    const source = verified(file, manifest.pieces, path);
    for (let start = 0; start < source.byteLength; start += COPY_CHUNK_BYTES) {
      options.signal?.throwIfAborted();
      await sink.write(await source.read(start, Math.min(source.byteLength, start + COPY_CHUNK_BYTES)));
    }
    const { rows, pieces, rowType, fingerprint, missing, revision } = manifest;
    return { rows, pieces, rowType, missing, rowHash: revision.rowHash, ...(fingerprint && { fingerprint }) };
  } finally {
    await file.close();
  }
}

async function writeUndescribed(place: Place, id: string, sink: ByteSink, options: RestoreOptions): Promise<Contents> {
  const opened = await openRevision(place, id, { type: undefined, ...options });
  try {
    const { signal } = options;
    return await writeRows(place, opened.batches({ signal }), { type: await rowTypeOf(opened, signal), sink });
  } finally {
    await opened.close();
  }
}
