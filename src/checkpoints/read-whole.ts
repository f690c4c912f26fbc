import type { Storage } from "../storage/storage.js";

/** All bytes of a small file, or undefined where there is none. */
export async function readWhole(storage: Storage, path: string): Promise<Uint8Array | undefined> {
  const file = await storage.open(path);
  if (!file) return undefined;
  try {
    return await file.read(0, file.byteLength);
  } finally {
    await file.close();
  }
}
