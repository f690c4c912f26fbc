/** Why bytes are not the Parquet file they claim to be. Becomes a `CorruptCheckpointError` where file and row are known. */
export class Damage extends Error {}

export function damaged(reason: string): never {
  throw new Damage(reason);
}
