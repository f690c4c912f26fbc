import type { Format } from "../../formats/format.js";
import { manifestPath } from "../layout.js";
import { decodeManifest, type Manifest } from "../manifest.js";
import { nameOfVisible, type Place, placeOf } from "../place.js";
import { isRevisionId } from "../revision-id.js";
import { CARD_PATH } from "./card.js";
import { type CardEntry, datasetCard } from "./dataset-card.js";
import { writeAttributes } from "./git-attributes.js";
import type { HubTransaction } from "./hub-transaction.js";

/** Let the card tell of what there will be, and git know what is large. */
export async function writeCard(
  changes: HubTransaction,
  { id, format }: { id: string; format: Format },
): Promise<void> {
  await writeAttributes(changes);
  const entries: CardEntry[] = [];
  for (const path of changes.pathsAfter().sort()) {
    const name = nameOfVisible(format, path);
    if (name === undefined) continue;
    const place = placeOf(changes.base, format, name);
    const isSaved = changes.writesBelow(place.history);
    entries.push({ name, path, manifest: await manifestOf(changes, place), isSaved });
  }
  const card = await changes.bytesAfter(CARD_PATH);
  const text = await datasetCard(card && Buffer.from(card).toString(), {
    id,
    entries,
    wasOurs: (path) => nameOfVisible(format, path) !== undefined,
  });
  changes.put(CARD_PATH, Buffer.from(text));
}

/** The newest manifest that fits what the file holds. */
async function manifestOf(changes: HubTransaction, place: Place): Promise<Manifest | undefined> {
  const prefix = `${place.history}/`;
  const ids = changes
    .pathsAfter()
    .filter((path) => path.startsWith(prefix) && path.endsWith(".json"))
    .map((path) => path.slice(prefix.length, -".json".length))
    .filter(isRevisionId)
    .sort()
    .reverse();
  const identity = changes.identityAfter(place.visible);
  for (const id of ids) {
    const bytes = await changes.bytesAfter(manifestPath(place, id));
    const manifest = bytes && decodeManifest(bytes);
    if (manifest && !manifest.deleted && manifest.identity === identity) return manifest;
  }
  return undefined;
}
