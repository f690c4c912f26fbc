import { createHash } from "node:crypto";
import type { Storage } from "../storage/storage.js";
import { assertKnownFormat, writeFormat } from "./directory-format.js";
import { publishSmall } from "./publish-small.js";
import { readWhole } from "./read-whole.js";

/*
 * Models that were made from a corpus, by the hash of their state: later rows are put into the same space, and cluster texts too. Written
 * once, never changed; deleting one costs fitting anew.
 */

/** A state of the largest vocabulary is a tenth of it. */
const MAX_STATE_BYTES = 256 << 20;

export const MODELS_DIRECTORY = ".kura/models";
const statePath = (hash: string) => `${MODELS_DIRECTORY}/${hash}.data`;

/**
 * Keep a state; durable when it resolves.
 *
 * @returns Its hash, by which it is found: SHA-256, hexadecimal.
 */
export async function saveModelState(storage: Storage, state: Uint8Array): Promise<string> {
  const hash = createHash("sha256").update(state).digest("hex");
  const path = statePath(hash);
  await assertKnownFormat(storage);
  if (await storage.identify(path)) return hash;
  const lock = await storage.lock("models");
  try {
    await writeFormat(storage);
    await storage.remove(`${path}.tmp`);
    await publishSmall(storage, path, state);
  } finally {
    await lock.release();
  }
  return hash;
}

/** In the first of several places that has it; only the first has to be readable. */
export async function findModelState(storages: readonly Storage[], hash: string): Promise<Uint8Array | undefined> {
  for (const [at, storage] of storages.entries()) {
    const loading = loadModelState(storage, hash);
    const state = await (at === 0 ? loading : loading.catch(() => undefined));
    if (state) return state;
  }
  return undefined;
}

/** undefined where it is not there, or not what it was. */
export async function loadModelState(storage: Storage, hash: string): Promise<Uint8Array | undefined> {
  if (!/^[0-9a-f]{64}$/.test(hash)) return undefined;
  const state = await readWhole(storage, statePath(hash), MAX_STATE_BYTES);
  return state && createHash("sha256").update(state).digest("hex") === hash ? state : undefined;
}
