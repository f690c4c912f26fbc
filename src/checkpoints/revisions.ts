import type { ByteSink } from "../bytes/byte-source.js";
import { verified } from "../bytes/verified.js";
import { MissingCheckpointError } from "../errors.js";
import type { RowType } from "../rows/row-type.js";
import type { Contents } from "./commit.js";
import { byAge, isForeignId, listHistory, readManifests } from "./history.js";
import { dataPath } from "./layout.js";
import { lookAt } from "./look.js";
import type { Revision } from "./manifest.js";
import type { Place } from "./place.js";
import { isRevisionId } from "./revision-id.js";
import { writeRows } from "./write-rows.js";

/** One state of a checkpoint that can be had: the current one, or an earlier one that is kept. */
export interface StoredRevision extends Omit<Revision, "rowHash"> {
  /** Empty for rows that are not ours. */
  readonly rowHash: string;
  /** undefined where nobody has counted them. */
  readonly rows: number | undefined;
  readonly bytes: number;
  readonly current: boolean;
  /** Whether this library saved it; else it is another program's file that a save displaced. */
  readonly ours: boolean;
}

const COPY_CHUNK_BYTES = 1 << 20;

/** Newest first, the current one before all others. A current file that is not ours has no revision. */
export async function storedRevisions(place: Place): Promise<StoredRevision[]> {
  const { storage, visible } = place;
  const look = await lookAt(place, { enough: "length" }).catch(() => undefined);
  await look?.file.close();
  const current = look?.match?.manifest.revision.id;
  const { data, manifests: ids } = await listHistory(storage, visible);
  const manifests = await readManifests(storage, visible, ids);
  const revisions: StoredRevision[] = [];
  for (const id of [...new Set([...(current === undefined ? [] : [current]), ...data.keys()])].sort(byAge)) {
    const manifest = manifests.get(id);
    if (manifest) {
      const { rows, bytes, revision } = manifest;
      revisions.push({ ...revision, rows, bytes, current: id === current, ours: true });
    } else if (isForeignId(id)) {
      const file = await storage.open(dataPath(visible, id));
      if (!file) continue;
      const { byteLength: bytes, modifiedAt } = file;
      await file.close();
      const savedAt = modifiedAt.toISOString();
      revisions.push({ id, parent: null, savedAt, rowHash: "", rows: undefined, bytes, current: false, ours: false });
    }
  }
  return revisions.sort((a, b) => Number(b.current) - Number(a.current));
}

/**
 * Write the rows of a kept revision once more, byte for byte where it is ours, else row for row.
 *
 * @throws {MissingCheckpointError} If none of that id is kept.
 */
export async function writeRevision(
  place: Place,
  id: string,
  sink: ByteSink,
  { type, signal }: { type: RowType | undefined; signal?: AbortSignal | undefined },
): Promise<Contents> {
  const { storage, visible, name, format } = place;
  const path = dataPath(visible, id);
  const file = isRevisionId(id.replace(/^f/, "")) ? await storage.open(path) : undefined;
  if (!file) throw new MissingCheckpointError(`${name}, revision ${id}`, `"${storage.label}"`);
  try {
    const manifest = (await readManifests(storage, visible, [id])).get(id);
    if (!manifest) {
      const reader = await format.read(file, { type, path, pieces: undefined, trusted: false });
      return await writeRows(place, reader.batches({ signal }), { type, sink });
    }
    const source = verified(file, manifest.pieces, path);
    for (let start = 0; start < source.byteLength; start += COPY_CHUNK_BYTES) {
      signal?.throwIfAborted();
      await sink.write(await source.read(start, Math.min(source.byteLength, start + COPY_CHUNK_BYTES)));
    }
    const { rows, pieces, rowType, fingerprint, missing, revision } = manifest;
    return { rows, pieces, rowType, missing, rowHash: revision.rowHash, ...(fingerprint && { fingerprint }) };
  } finally {
    await file.close();
  }
}
