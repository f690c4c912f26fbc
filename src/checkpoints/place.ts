import type { Format } from "../formats/format.js";
import type { Storage } from "../storage/storage.js";

/** One checkpoint of one format in one storage. */
export interface Place {
  readonly storage: Storage;
  readonly format: Format;
  readonly name: string;
  /** The file that is the checkpoint to everybody else. */
  readonly visible: string;
}

export function placeOf(storage: Storage, format: Format, name: string): Place {
  return { storage, format, name, visible: format.visibleName(name) };
}

/** How messages call the visible file. */
export function shownPath({ storage, visible }: Place): string {
  return `${storage.label}/${visible}`;
}
