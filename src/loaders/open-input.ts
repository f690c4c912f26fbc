import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError, StorageError } from "../errors.js";

/** A file that is read once, from start to end: it may be a pipe. */
export interface Input {
  /** Fills the buffer from its start and returns what was filled; nothing at the end of the file. */
  read(buffer: Buffer): Promise<Buffer>;
  close(): Promise<void>;
}

export interface InputOptions {
  readonly signal?: AbortSignal | undefined;
  /** `bytesTotal` is undefined for a pipe. */
  readonly onRead?: ((bytesRead: number, bytesTotal: number | undefined) => void) | undefined;
}

/**
 * @throws {InputError} If there is no file of that name, or it is a directory.
 * @throws {StorageError} If the system refuses to read it.
 */
export async function openInput(path: string, { signal, onRead }: InputOptions): Promise<Input> {
  signal?.throwIfAborted();
  let handle: FileHandle | undefined;
  try {
    handle = await opened(path, signal);
    const stats = await handle.stat();
    if (stats.isDirectory()) throw await directoryError(path);
    return toInput(path, handle, stats.isFile() ? stats.size : undefined, { signal, onRead });
  } catch (error) {
    await handle?.close();
    throw await openError(path, error);
  }
}

/** Of a pipe that nobody writes to, opening waits for ever. */
function opened(path: string, signal: AbortSignal | undefined): Promise<FileHandle> {
  const opening = open(path, "r");
  if (!signal) return opening;
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(signal.reason);
      opening.then((handle) => handle.close()).catch(() => {});
    };
    signal.addEventListener("abort", stop, { once: true });
    opening.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

function toInput(
  path: string,
  handle: FileHandle,
  bytesTotal: number | undefined,
  { signal, onRead }: InputOptions,
): Input {
  let bytesRead = 0;
  return {
    async read(buffer) {
      signal?.throwIfAborted();
      const result = await handle.read(buffer, 0, buffer.length, null).catch(async (error: unknown) => {
        throw await openError(path, error);
      });
      bytesRead += result.bytesRead;
      if (result.bytesRead > 0) onRead?.(bytesRead, bytesTotal);
      return buffer.subarray(0, result.bytesRead);
    },
    close: () => handle.close(),
  };
}

const REFUSED: Readonly<Record<string, string>> = {
  EACCES: "permission is denied; change the permissions of the file or of a directory above it",
  EPERM: "the operation is not permitted",
  EIO: "the device reports an input/output error",
  EMFILE: "too many files are open in this process",
  ENFILE: "too many files are open on this machine",
  ELOOP: "symbolic links lead in a circle",
  ENAMETOOLONG: "the name is too long for this file system",
};

/** What the system said on opening or reading, in words; anything else as it is. */
export async function openError(path: string, error: unknown): Promise<unknown> {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string" || !("errno" in (error as object))) return error;
  switch (code) {
    case "ENOENT":
      return new InputError(path, "there is no such file", { cause: error });
    case "ENOTDIR":
      return new InputError(path, "there is no such file: a part of the path is not a directory", { cause: error });
    case "EISDIR": // how Windows and some network file systems answer to opening a directory
      return directoryError(path);
    default:
      return new StorageError("read", path, REFUSED[code] ?? `the system says ${code}`, error);
  }
}

async function directoryError(path: string): Promise<InputError> {
  const names = await readdir(path).catch((): string[] => []);
  const inside = names.filter((name) => /^conversations.*\.jsonl?$/.test(name)).sort();
  const hint =
    inside.length > 0
      ? `it holds ${inside.slice(0, 3).join(", ")}${inside.length > 3 ? ", …" : ""}: give "${join(path, inside[0]!)}"`
      : "give the file of conversations inside it";
  return new InputError(path, `it is a directory; ${hint}`);
}
