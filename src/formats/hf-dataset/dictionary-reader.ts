import { extentOf } from "./arrow-layout.js";
import type { ArrowField } from "./arrow-schema.js";
import { BatchBytes } from "./batch-bytes.js";
import type { Dictionaries } from "./column-access.js";
import type { ColumnBuffers } from "./column-buffers.js";
import { type DictionaryPlace, dictionaryFields, type Shard } from "./shard.js";

type Part = () => ColumnBuffers;

const NONE: Dictionaries = () => [];

/** The dictionaries of a shard, each as far as the stream has given it before a batch. Keeps those that were used last. */
export class DictionaryReader {
  readonly #shard: Shard;
  readonly #fields: ReadonlyMap<bigint, ArrowField>;
  #kept = new Map<DictionaryPlace, Part>();

  constructor(shard: Shard) {
    this.#shard = shard;
    this.#fields = dictionaryFields(shard.fields);
  }

  async before(batch: number, fields: readonly ArrowField[]): Promise<Dictionaries> {
    if (this.#fields.size === 0) return NONE;
    const found = new Map<bigint, Part[]>();
    const kept = new Map<DictionaryPlace, Part>();
    // Also those that the values of others need.
    for (const id of dictionaryFields(fields).keys()) {
      const parts: Part[] = [];
      for (const place of this.#placesOf(id, batch)) {
        const part = this.#kept.get(place) ?? (await this.#load(place));
        kept.set(place, part);
        parts.push(part);
      }
      found.set(id, parts);
    }
    this.#kept = kept;
    return (id) => found.get(id) ?? [];
  }

  #placesOf(id: bigint, batch: number): DictionaryPlace[] {
    const places = this.#shard.dictionaries.filter((place) => place.id === id && place.batchesBefore <= batch);
    const last = places.findLastIndex(({ isDelta }) => !isDelta);
    return places.slice(Math.max(0, last));
  }

  async #load(place: DictionaryPlace): Promise<Part> {
    const values = { ...this.#fields.get(place.id)!, dictionary: undefined };
    const bytes = await BatchBytes.open(this.#shard.source, place, [extentOf(values)]);
    return (await bytes.load([0])).get(0)!;
  }
}
