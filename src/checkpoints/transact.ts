import { randomUUID } from "node:crypto";
import { StorageError } from "../errors.js";
import type { Storage, Transaction } from "../storage/storage.js";
import { type Contents, keptAs, type NewFiles, nextRevision, tombstone } from "./commit.js";
import { assertKnownFormat, DIRECTORY_FORMAT } from "./directory-format.js";
import { staying } from "./earlier.js";
import { listHistory, readManifests } from "./history.js";
import { dataPath, FORMAT_PATH, manifestPath, stagedPath } from "./layout.js";
import { encodeManifest, type Manifest } from "./manifest.js";
import { type Place, shownPath } from "./place.js";
import { standingOf } from "./standing.js";
import { underLock, type Writer, type WriterOptions } from "./writer.js";

/*
 * What commit.ts does, where all files change in one instant: the same files, and nothing that could be left half done. Rows are written
 * once; what is said of them is made anew as often as somebody else was faster.
 */

export type TransactingStorage = Storage & Required<Pick<Storage, "transact" | "pinned">>;
type TransactingPlace = Place & { storage: TransactingStorage };

/** Replace the rows, by what `fill` writes. When it resolves they are durable, and what they displaced is kept. */
export async function transactSave(
  place: TransactingPlace,
  fill: (files: NewFiles) => Promise<Contents>,
  options: WriterOptions,
): Promise<Manifest> {
  return await underLock(place, options, async (_, reach) => {
    const { storage, visible, name } = place;
    const { agreement, keepRevisions, signal } = options;
    const agreed = await agree(place, options);
    const staged = await storage.stage(stagedPath(place, "new"), visible);
    try {
      await reach("staged");
      const { rowHash, parts: _parts, ...contents } = await fill({ head: staged, addPart: noParts });
      // All bytes go over the line now; that it is silent the storage notices itself.
      agreement?.waiting?.(storage.label);
      const { byteLength, identity } = await staged.seal();
      await reach("sealed");
      await agreement?.publish({ rows: contents.rows, rowHash });
      const title = `Save ${name}: ${contents.rows} ${contents.rows === 1 ? "row" : "rows"}`;
      const manifest = await storage.transact({ title, id: changeId(), signal }, async (changes) => {
        const found = await look(place, changes.base, options);
        const next = await agreed(found);
        const { id, parent, savedAt, ancestors } = next;
        const manifest: Manifest = {
          revision: { id, parent, savedAt: savedAt ?? new Date().toISOString(), rowHash },
          ...(ancestors.length > 0 && { ancestors }),
          format: place.format.name,
          bytes: byteLength,
          identity,
          ...contents,
        };
        writeFormat(changes, found);
        const { standing, history } = found;
        const kept = standing && keptAs(found, standing, next);
        const data = [...history.data.keys(), ...(kept === undefined ? [] : [kept])];
        const stay = staying(data, next, keepRevisions);
        if (kept !== undefined && stay.has(kept)) changes.keep(visible, dataPath(place, kept));
        for (const other of history.data.keys()) if (!stay.has(other)) changes.remove(dataPath(place, other));
        for (const other of history.manifests) if (!stay.has(other)) changes.remove(manifestPath(place, other));
        changes.put(manifestPath(place, id), encodeManifest(manifest));
        changes.put(visible, staged);
        return manifest;
      });
      await reach("committed");
      return manifest;
    } finally {
      await staged.discard();
    }
  });
}

/** Remove the rows and every revision of them, and leave a tombstone. @returns Whether there was something. */
export async function transactDelete(place: TransactingPlace, options: WriterOptions): Promise<boolean> {
  const { storage, visible, name } = place;
  const { agreement, signal } = options;
  // A dataset is not made in order to delete something from it.
  if (!agreement && !(await storage.identify(visible))) return false;
  return await underLock(place, options, async (_, reach) => {
    const agreed = await agree(place, options);
    await agreement?.publish({ rows: 0, rowHash: "" });
    const isDeleted = await storage.transact({ title: `Delete ${name}`, id: changeId(), signal }, async (changes) => {
      const found = await look(place, changes.base, options);
      if (!found.standing && !agreement) return false;
      const { id, parent, savedAt = new Date().toISOString(), ancestors } = await agreed(found);
      writeFormat(changes, found);
      for (const data of found.history.data.keys()) changes.remove(dataPath(place, data));
      for (const manifest of found.history.manifests) changes.remove(manifestPath(place, manifest));
      const deletion = tombstone(place, { id, parent, savedAt, rowHash: "" }, ancestors);
      changes.put(manifestPath(place, id), encodeManifest(deletion));
      changes.remove(visible);
      return found.standing !== undefined;
    });
    await reach("committed");
    return isDeleted;
  });
}

type Found = Omit<Writer, "place" | "lock" | "reach"> & { readonly hasFormat: boolean };

async function look(place: Place, storage: Storage, options: WriterOptions): Promise<Found> {
  const pinned = { ...place, storage };
  await assertKnownFormat(storage);
  const hasFormat = (await storage.identify(FORMAT_PATH)) !== undefined;
  const history = await listHistory(pinned);
  const manifests = await readManifests(pinned, history.manifests);
  const standing = await standingOf(pinned, manifests.values(), options.signal);
  const parent = standing?.manifest?.revision.id ?? manifests.keys().next().value ?? null;
  return { options, history, manifests, standing, parent, hasFormat };
}

/** Which revision it will be: made anew on what is found each time, or, of several places, agreed on once. */
async function agree(place: TransactingPlace, options: WriterOptions) {
  if (!options.agreement) return nextRevision;
  const before = await look(place, await place.storage.pinned({ toWrite: true, signal: options.signal }), options);
  const agreed = await nextRevision(before);
  return async (found: Found) => {
    if (stateOf(found) === stateOf(before)) return agreed;
    throw new StorageError("write", shownPath(place), "somebody else saved or deleted it meanwhile; do it again");
  };
}

const stateOf = ({ standing, history }: Found): string => [standing?.identity, ...history.manifests].join();

function writeFormat(changes: Transaction, { hasFormat }: Found): void {
  if (!hasFormat) changes.put(FORMAT_PATH, Buffer.from(`${DIRECTORY_FORMAT}\n`));
}

async function noParts(): Promise<never> {
  throw new TypeError("Cannot save in several files what is published with others in one instant");
}

/** By which a change is known again, whatever became of the answer to it. */
const changeId = (): string => `kura-change: ${randomUUID()}`;
