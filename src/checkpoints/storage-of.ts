import { sketch } from "../rows/field-error.js";
import { LocalStorage } from "../storage/local.js";
import type { Storage } from "../storage/storage.js";

/**
 * Where a manager keeps its files: what it was given, or that directory.
 *
 * @throws {TypeError} For what is neither.
 */
export function storageOf(where: string | Storage): Storage {
  if (typeof where === "string") return new LocalStorage(where);
  if (typeof where === "object" && where !== null && "stage" in where && "open" in where) return where;
  const url = (where as unknown) instanceof URL ? '; of a URL give the path: fileURLToPath(url), of "node:url"' : "";
  throw new TypeError(
    `Cannot make a checkpoint manager: a directory or a storage is needed, ${sketch(where)} was given${url}`,
  );
}
