import { createHash } from "node:crypto";
import { InputError } from "../errors.js";
import type { Message } from "../rows/builtin.js";
import { type Place, placeName, placeNumber } from "./place.js";

/**
 * The ids of one file, each with the place where it was seen: a few dozen bytes a conversation, all that loading remembers.
 *
 * A conversation without an id gets the first 32 hexadecimal digits of the SHA-256 of its content: the UTF-8 of
 * `JSON.stringify([created_at, [[created_at, role, content], …]])`. Of conversations that say the same, the second gets `-2` behind it,
 * the third `-3`, in the order of the file: both happened, and both count.
 */
export class ChatIds {
  readonly #path: string;
  readonly #places = new Map<string, number>();
  readonly #occurrences = new Map<string, number>();

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws {InputError} If the file has this id already. */
  take(id: string, place: Place): string {
    const first = this.#places.get(id);
    const number = placeNumber(place);
    if (first !== undefined) {
      const places = [first, number].map((one) => placeName(place.kind, one)).join(" and ");
      throw new InputError(
        this.#path,
        `${JSON.stringify(id)} is the id of two conversations, ${places}; remove one, or give it an id of its own`,
        { damaged: true, line: place.line },
      );
    }
    this.#places.set(id, number);
    return id;
  }

  make(createdAt: string, messages: readonly Message[], place: Place): string {
    const content = JSON.stringify([createdAt, messages.map((one) => [one.created_at, one.role, one.content])]);
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 32);
    let occurrence = this.#occurrences.get(hash) ?? 0;
    let id: string;
    // The loop is for ids in the file that are made like ours.
    do {
      occurrence++;
      id = occurrence === 1 ? hash : `${hash}-${occurrence}`;
    } while (this.#places.has(id));
    if (occurrence > 1) this.#occurrences.set(hash, occurrence);
    this.#places.set(id, placeNumber(place));
    return id;
  }
}
