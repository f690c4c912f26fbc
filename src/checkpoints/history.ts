import type { StoredFile } from "../storage/storage.js";
import { manifestPath } from "./layout.js";
import { decodeManifest, MAX_MANIFEST_BYTES, type Manifest } from "./manifest.js";
import type { Place } from "./place.js";
import { readWhole } from "./read-whole.js";
import { isRevisionId } from "./revision-id.js";

/** Where what is kept of a checkpoint is. */
export type HistoryPlace = Pick<Place, "storage" | "history">;

/** What is kept of a checkpoint, by name alone. */
export interface HistoryFiles {
  /** Ids, newest first. */
  readonly manifests: readonly string[];
  /** The kept heads of ours, by revision id, and of others, by `f` and the id of the revision that displaced them. */
  readonly data: ReadonlyMap<string, StoredFile>;
  /** What an operation that died was writing. */
  readonly temporary: readonly string[];
  /** The greatest id that any name holds. */
  readonly newest: string | undefined;
}

const NAME = /\/(f?)([^/]+?)\.(json|data|tmp|json\.tmp|data\.tmp)$/;

export async function listHistory({ storage, history }: HistoryPlace): Promise<HistoryFiles> {
  const manifests: string[] = [];
  const data = new Map<string, StoredFile>();
  const temporary: string[] = [];
  let newest: string | undefined;
  for (const file of await storage.list(history)) {
    const [, foreign = "", id = "", extension = ""] = NAME.exec(file.path) ?? [];
    if (extension.endsWith("tmp")) temporary.push(file.path);
    if (!isRevisionId(id)) continue;
    if (newest === undefined || id > newest) newest = id;
    if (extension === "json") manifests.push(id);
    if (extension === "data") data.set(foreign + id, file);
  }
  return { manifests: manifests.sort().reverse(), data, temporary, newest };
}

/** Newest first. One that is not whole is none. */
export async function readManifests(place: HistoryPlace, ids: readonly string[]): Promise<Map<string, Manifest>> {
  const manifests = new Map<string, Manifest>();
  for (const id of ids) {
    const bytes = await readWhole(place.storage, manifestPath(place, id), MAX_MANIFEST_BYTES);
    const manifest = bytes && decodeManifest(bytes);
    if (manifest?.revision.id === id) manifests.set(id, manifest);
  }
  return manifests;
}

export const isForeignId = (id: string): boolean => id.startsWith("f");

/** Newest first; of a revision and what it displaced, the revision. */
export function byAge(a: string, b: string): number {
  const [left, right] = [a.replace(/^f/, ""), b.replace(/^f/, "")];
  if (left === right) return a < b ? -1 : a > b ? 1 : 0;
  return left < right ? 1 : -1;
}
