import { StorageError } from "../errors.js";

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on the device; free some and do it again, nothing was changed",
  EDQUOT: "the disk quota is used up; free some space and do it again, nothing was changed",
  EACCES: "permission is denied; change the permissions or use another directory",
  EPERM: "the operation is not permitted",
  EROFS: "the file system is read-only; use another directory",
  EFBIG:
    "it would be larger than this file system or the limit of this process (ulimit -f) allows; nothing was changed",
  EMFILE: "too many files are open in this process",
  ENFILE: "too many files are open on this machine",
  EIO: "the device reports an input/output error",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is not a directory",
  ENOENT: "it does not exist",
  EEXIST: "it exists already",
  EXDEV:
    "it lies on another file system than its checkpoint directory; .kura must be a plain directory beside the checkpoints",
  ENAMETOOLONG: "the name is too long for this file system",
  ELOOP: "symbolic links lead in a circle",
};

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** An operating system's error as a sentence of ours; anything else as it is. */
export function storageError(act: string, path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined || error instanceof StorageError) return error;
  return new StorageError(act, path, REASONS[code] ?? `the system says ${code}`, error);
}
