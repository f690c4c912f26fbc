import type { Storage } from "../storage/storage.js";
import { MODELS_DIRECTORY } from "./model-states.js";
import { namedInManifests } from "./named-in-manifests.js";

/** The field of a fingerprint that names the fitted model that rows were made with. */
const STATE_FIELD = "state";
/** A model is durable before the revision is that names it; so long after it was made it is believed that one will. */
const GRACE_MS = 86_400_000;

export interface CollectedModels {
  readonly dropped: number;
  readonly bytes: number;
}

/** Drop fitted models that no kept revision was made with. Dropping too much costs fitting anew, and nothing else. */
export async function collectModels(
  storage: Storage,
  { dryRun = false }: { dryRun?: boolean },
): Promise<CollectedModels> {
  const named = await namedInManifests(storage, STATE_FIELD);
  let [dropped, bytes] = [0, 0];
  for (const { path } of await storage.list(MODELS_DIRECTORY)) {
    const hash = /([^/]+)\.data(\.tmp)?$/.exec(path)?.[1];
    if (hash === undefined || named.has(hash)) continue;
    const file = await storage.open(path);
    await file?.close();
    if (!file || file.modifiedAt.getTime() > Date.now() - GRACE_MS) continue;
    dropped += 1;
    bytes += file.byteLength;
    if (!dryRun) await storage.remove(path);
  }
  return { dropped, bytes };
}
