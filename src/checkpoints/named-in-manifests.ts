import type { Storage } from "../storage/storage.js";
import { listHistory, readManifests } from "./history.js";

/**
 * What the fingerprints of all manifests of a directory say under one name, whatever their checkpoint and format. Of one instant: what is
 * saved, restored, converted or deleted meanwhile is seen before it or after it.
 */
export async function namedInManifests(storage: Storage, name: string): Promise<Set<string>> {
  for (let all = await listManifests(storage); ; ) {
    const named = new Set<string>();
    for (const [history, ids] of all) {
      for (const { fingerprint } of (await readManifests({ storage, history }, ids)).values()) {
        const value = fingerprint?.[name];
        if (typeof value === "string") named.add(value);
      }
    }
    const after = await listManifests(storage);
    if (JSON.stringify(after) === JSON.stringify(all)) return named;
    all = after;
  }
}

async function listManifests(storage: Storage): Promise<[history: string, ids: readonly string[]][]> {
  const all: [string, readonly string[]][] = [];
  for (const name of (await storage.listDirectories(".kura")).sort()) {
    const history = `.kura/${name}`;
    all.push([history, (await listHistory({ storage, history })).manifests]);
  }
  return all;
}
