import { damaged } from "../columnar/damage.js";
import type { ArrowField } from "./arrow-schema.js";
import { BatchBytes } from "./batch-bytes.js";
import type { Dictionaries } from "./column-access.js";
import type { ColumnBuffers } from "./column-buffers.js";
import type { DictionaryPlace, Shard } from "./shard.js";

type Part = () => ColumnBuffers;

/** The dictionaries of a shard, each as far as the stream has given it before a batch. Keeps those that were used last. */
export class DictionaryReader {
  readonly #shard: Shard;
  readonly #fields = new Map<bigint, ArrowField>();
  #kept = new Map<DictionaryPlace, Part>();

  constructor(shard: Shard) {
    this.#shard = shard;
    if (shard.dictionaries.length > 0) this.#collect(shard.fields);
  }

  async before(batch: number, fields: readonly ArrowField[]): Promise<Dictionaries> {
    const found = new Map<bigint, Part[]>();
    const kept = new Map<DictionaryPlace, Part>();
    for (const id of idsIn(fields)) {
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
    const field = this.#fields.get(place.id);
    if (!field) return damaged("it has a dictionary for no column");
    const bytes = await BatchBytes.open(this.#shard.source, place, [{ ...field, dictionary: undefined }]);
    return (await bytes.load([0])).get(0)!;
  }

  #collect(fields: readonly ArrowField[]): void {
    for (const field of fields) {
      if (field.dictionary) this.#fields.set(field.dictionary.id, field);
      this.#collect(field.children);
    }
  }
}

/** Also those that the values of others need. */
function idsIn(fields: readonly ArrowField[]): Set<bigint> {
  const ids = new Set<bigint>();
  const visit = ({ dictionary, children }: ArrowField) => {
    if (dictionary) ids.add(dictionary.id);
    for (const child of children) visit(child);
  };
  for (const field of fields) visit(field);
  return ids;
}
