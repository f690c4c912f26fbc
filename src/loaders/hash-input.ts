import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { openInput } from "./open-input.js";

const CHUNK_BYTES = 4 << 20;

/**
 * SHA-256 of a file's bytes, or undefined for what can be read only once: a pipe.
 *
 * @throws {InputError | StorageError} If it cannot be read.
 */
export async function hashInput(path: string, signal?: AbortSignal): Promise<string | undefined> {
  const isFile = await stat(path).then(
    (stats) => stats.isFile(),
    () => true,
  );
  if (!isFile) return undefined;
  const input = await openInput(path, { signal });
  try {
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    for (let bytes = await input.read(buffer); bytes.length > 0; bytes = await input.read(buffer)) hash.update(bytes);
    return `sha256:${hash.digest("hex")}`;
  } finally {
    await input.close();
  }
}
