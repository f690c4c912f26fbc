import { CorruptCheckpointError } from "../errors.js";
import type { Manifest } from "./manifest.js";
import { matchManifest } from "./match.js";
import { openHead } from "./pinned-files.js";
import type { Place } from "./place.js";

/** The visible head, and the manifest that fits it, or why none does. */
export interface Standing {
  /** Relative to the storage. */
  readonly path: string;
  readonly identity: string;
  readonly manifest: Manifest | undefined;
  readonly damage?: CorruptCheckpointError;
}

export async function standingOf(
  place: Place,
  manifests: Iterable<Manifest>,
  signal: AbortSignal | undefined,
): Promise<Standing | undefined> {
  const files = await openHead(place);
  if (!files) return undefined;
  const found = { path: files.headPath, identity: files.head.identity };
  try {
    const match = await matchManifest(files, manifests, { format: place.format, enough: "identity", signal });
    return { ...found, manifest: match?.manifest };
  } catch (error) {
    // Damaged rows are kept like a stranger's: whoever replaces them may want them back.
    if (error instanceof CorruptCheckpointError) return { ...found, manifest: undefined, damage: error };
    throw error;
  } finally {
    await files.close();
  }
}

/** When it resolves, the visible name and what is in a visible directory would survive a power cut. */
export async function syncVisible({ storage, directory }: Place): Promise<void> {
  await storage.sync("");
  if (directory !== "") await storage.sync(directory);
}
