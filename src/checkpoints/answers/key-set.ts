/** Packed keys. There may be more than one set can hold. */
export class KeySet {
  readonly #shards = Array.from({ length: 256 }, () => new Set<string>());

  get size(): number {
    return this.#shards.reduce((sum, { size }) => sum + size, 0);
  }

  has(key: string): boolean {
    return this.#shardOf(key).has(key);
  }

  add(key: string): void {
    this.#shardOf(key).add(key);
  }

  delete(key: string): void {
    this.#shardOf(key).delete(key);
  }

  *[Symbol.iterator](): Generator<string> {
    for (const shard of this.#shards) yield* shard;
  }

  #shardOf(key: string): Set<string> {
    return this.#shards[key.charCodeAt(0)]!;
  }
}
