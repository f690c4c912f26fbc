import type { Storage } from "../storage/storage.js";

/**
 * All bytes of a small file, or undefined where there is none.
 *
 * @param atMost Of a larger file only so many and one more, which tells that it is none of ours.
 */
export async function readWhole(storage: Storage, path: string, atMost: number): Promise<Uint8Array | undefined> {
  const file = await storage.open(path);
  if (!file) return undefined;
  try {
    return await file.read(0, Math.min(file.byteLength, atMost + 1));
  } finally {
    await file.close();
  }
}
