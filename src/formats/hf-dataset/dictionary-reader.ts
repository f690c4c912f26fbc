import type { Dictionaries } from "./access.js";
import { extentOf } from "./arrow-layout.js";
import type { ArrowField } from "./arrow-schema.js";
import { BatchBytes, bytesOf } from "./batch-bytes.js";
import type { ColumnBuffers } from "./column-buffers.js";
import { type DictionaryPlace, dictionaryFields, type Place, type Shard } from "./shard.js";

type Part = () => ColumnBuffers;

const NONE: Dictionaries = () => [];

/** The dictionaries of a shard, each as far as the stream has given it before a batch. Keeps those that were used last. */
export class DictionaryReader {
  readonly #shard: Shard;
  #kept = new Map<DictionaryPlace, Part>();

  constructor(shard: Shard) {
    this.#shard = shard;
  }

  async before(batch: Place, fields: readonly ArrowField[]): Promise<Dictionaries> {
    if (this.#shard.dictionaries.length === 0) return NONE;
    const found = new Map<bigint, Part[]>();
    const kept = new Map<DictionaryPlace, Part>();
    // Also those that the values of others need.
    for (const [id, field] of dictionaryFields(fields)) {
      const parts: Part[] = [];
      for (const place of this.#placesOf(id, batch)) {
        const part = this.#kept.get(place) ?? (await this.#load(place, field));
        kept.set(place, part);
        parts.push(part);
      }
      found.set(id, parts);
    }
    this.#kept = kept;
    return (id) => found.get(id) ?? [];
  }

  #placesOf(id: bigint, batch: Place): DictionaryPlace[] {
    const places = this.#shard.dictionaries.filter((place) => place.id === id && place.start < batch.start);
    const last = places.findLastIndex(({ isDelta }) => !isDelta);
    return places.slice(Math.max(0, last));
  }

  async #load(place: DictionaryPlace, field: ArrowField): Promise<Part> {
    const values = { ...field, dictionary: undefined };
    const bytes = await BatchBytes.open(bytesOf(this.#shard.source), place, [extentOf(values)]);
    return (await bytes.load([0])).get(0)!;
  }
}
