import { endOf } from "../bytes/piece.js";
import { verified } from "../bytes/verified.js";
import { CorruptCheckpointError, SplitError } from "../errors.js";
import type { OpenPart, RowReader } from "../formats/format.js";
import type { Row } from "../rows/column.js";
import { type RowType, type StandardSchema, withoutSchema } from "../rows/row-type.js";
import type { OnCheckpointEvent } from "./event.js";
import { readManifests } from "./history.js";
import { type CheckpointInfo, infoOfFound, infoOfMatch } from "./info.js";
import { type Look, lookAt } from "./look.js";
import type { Manifest } from "./manifest.js";
import { matchManifest, noneKept } from "./match.js";
import { openKept } from "./open-kept.js";
import { openHead, type PinnedFiles } from "./pinned-files.js";
import { type Place, shownPath } from "./place.js";
import { type ReadByName, readAs, readByName } from "./read-by-name.js";
import { countRows, type RowAccess, rowAccess } from "./row-access.js";
import { assertRowTypeFits, isSameRowType } from "./row-type-fit.js";
import { rowsOfSchema } from "./rows-of-schema.js";

export type { Projected, RowOptions } from "./row-access.js";

/** One version of a checkpoint, pinned: it is read to its end, whatever is saved or deleted meanwhile. Close it. */
export interface OpenCheckpoint<R = Row> extends RowAccess<R> {
  readonly info: CheckpointInfo;
  /** Read and hash every byte; where nothing describes them, decode and count every row. */
  check(options?: { signal?: AbortSignal | undefined }): Promise<CheckpointInfo>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** What rows are read as; else what they were saved as, else what the checkpoint's name says, if the columns are those. */
  type: RowType | undefined;
  onEvent: OnCheckpointEvent | undefined;
  signal?: AbortSignal | undefined;
}

/** Which version of the visible file it is, as the storage names it. */
export interface OpenedCheckpoint extends OpenCheckpoint {
  readonly identity: string;
}

/** @throws {CorruptCheckpointError} If it is not what was saved, and no other program's file either. */
export async function openCheckpoint(place: Place, options: OpenOptions): Promise<OpenedCheckpoint | undefined> {
  const look = await lookAt(place, { enough: "identity", signal: options.signal });
  if (!look) return undefined;
  try {
    if (!look.match) options.onEvent?.(unverified(place));
    return await openLook(place, look, options);
  } catch (error) {
    await look.files.close();
    throw error;
  }
}

/** What is known of what was found. Of a file that is not ours no more is read than says whether it is what its name says. */
export async function infoOfLook(place: Place, look: Look): Promise<CheckpointInfo> {
  if (look.match) return infoOfMatch(place, look.match);
  const named = { ...place, path: shownPath(place) };
  const { type, mismatch } = await readByName(named, reading(place, look, undefined)).catch(ignoreDamage);
  return { ...(await infoOfFound(place, look.files)), key: type?.key, columns: type?.columns ?? [], mismatch };
}

/** Nor does it matter here which of several is meant. */
function ignoreDamage(error: unknown): ReadByName {
  if (error instanceof CorruptCheckpointError || error instanceof SplitError) return {};
  throw error;
}

/** What is visible, whatever manifests say of it: for making it ours. */
export async function openAsFound(place: Place, options: OpenOptions): Promise<OpenedCheckpoint | undefined> {
  const files = await openHead(place);
  if (!files) return undefined;
  try {
    return await openLook(place, { files, manifests: [], match: undefined, isRestorable: noneKept }, options);
  } catch (error) {
    await files.close();
    throw error;
  }
}

/**
 * An earlier revision that is kept, read like the current one. One that no manifest describes is read by its own format.
 *
 * @throws {MissingCheckpointError} If none of that id is kept.
 */
export async function openRevision(place: Place, id: string, options: OpenOptions): Promise<OpenedCheckpoint> {
  const files = await openKept(place, id);
  try {
    const manifests = [...(await readManifests(place, [id])).values()];
    const match = manifests[0] && ({ manifest: manifests[0], by: "length" } as const);
    return await openLook({ ...place, path: files.path }, { files, manifests, match, isRestorable: noneKept }, options);
  } catch (error) {
    await files.close();
    throw error;
  }
}

async function openLook(
  place: Place & { path?: string },
  look: Look,
  { type, onEvent }: OpenOptions,
): Promise<OpenedCheckpoint> {
  const { format, name } = place;
  const { files, match, isRestorable } = look;
  const { head } = files;
  const stored = match?.manifest.rowType;
  if (stored && type) assertRowTypeFits(`checkpoint "${name}"`, stored.columns, type.columns);
  const read = reading(place, look, onEvent);
  const named = { format, name, path: place.path ?? shownPath(place) };
  const found = await readAs(type ?? stored, named, read, onEvent);
  const { reader } = found;
  const rows = isOfOther(stored, type) ? rowsOfSchema(name, reader, type.schema) : reader;
  const info: CheckpointInfo = match
    ? infoOfMatch(place, match)
    : {
        ...(await infoOfFound(place, files)),
        key: found.type?.key,
        columns: found.type?.columns ?? (format.typed ? reader.columns : []),
        mismatch: found.mismatch,
      };

  return {
    info,
    identity: head.identity,
    ...rowAccess(name, rows),
    async check({ signal } = {}) {
      const found = await matchManifest(files, look.manifests, { format, enough: "bytes", isRestorable, signal });
      if (found) return infoOfMatch(place, found);
      return { ...info, rows: await countRows(reader, signal) };
    },
    close: () => files.close(),
  };
}

/** Whether a schema is to be asked that is not the one which rows were saved under. */
function isOfOther(
  stored: Manifest["rowType"] | undefined,
  wanted: RowType | undefined,
): wanted is RowType & { schema: StandardSchema } {
  return stored !== undefined && wanted?.schema !== undefined && stored.schemaHash !== wanted.schemaHash;
}

/** How what was found is read, as rows of one type or another. What a manifest describes has gone through a schema at its save. */
function reading(
  place: Place & { path?: string },
  { files, match }: Look,
  onEvent: OnCheckpointEvent | undefined,
): (type: RowType | undefined) => Promise<RowReader> {
  const { format, name } = place;
  const { path = shownPath(place) } = place;
  const { head } = files;
  const { pieces, rowType: stored } = match?.manifest ?? {};
  const openPart = match ? verifiedParts(files, match.manifest) : files.openPart;
  return (type) =>
    format.read(
      pieces ? verified(head, pieces, files.path) : head,
      {
        type: stored && type ? withoutSchema(type) : type,
        path,
        pieces,
        trusted: stored !== undefined && isSameRowType(stored.columns, type!.columns),
        onUnknownFields: (fields) => onEvent?.(unknownFields(name, path, fields)),
        onAltered: (what) => onEvent?.(alteredValues(name, path, what)),
      },
      openPart,
    );
}

/** Beside a head that a manifest describes nothing is that it does not. */
export function verifiedParts(files: PinnedFiles, { parts = [] }: Pick<Manifest, "parts">): OpenPart {
  const opened = new Map<string, Awaited<ReturnType<OpenPart>>>();
  return async (name) => {
    const at = parts.findIndex((part) => part.name === name);
    const source = at < 0 ? undefined : await files.part(name);
    if (source && !opened.has(name)) {
      const { pieces } = parts[at]!;
      const firstRow = parts.slice(0, at).reduce((sum, part) => sum + endOf(part.pieces).rowEnd, 0);
      const path = files.pathOf(name);
      opened.set(name, { source: verified(source, pieces, path, firstRow), path, pieces });
    }
    return opened.get(name);
  };
}

function unverified(place: Place) {
  return {
    type: "warning",
    code: "unverified",
    checkpoint: place.name,
    message: `"${shownPath(place)}" was not saved by this library, or was saved anew since: its rows are checked, its bytes cannot be (kura adopt makes it ours)`,
  } as const;
}

function alteredValues(checkpoint: string, path: string, what: string) {
  return { type: "warning", code: "altered-values", checkpoint, message: `rows of "${path}": ${what}` } as const;
}

function unknownFields(checkpoint: string, path: string, fields: readonly string[]) {
  return {
    type: "warning",
    code: "unknown-fields",
    checkpoint,
    message: `rows of "${path}" hold fields that their row type does not know, which are left out: ${fields.join(", ")}`,
  } as const;
}
