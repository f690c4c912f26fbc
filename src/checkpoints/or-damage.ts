import { CorruptCheckpointError } from "../errors.js";

/** Damage is an answer here. */
export async function orDamage<T>(look: () => Promise<T>): Promise<T | CorruptCheckpointError> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof CorruptCheckpointError) return error;
    throw error;
  }
}
