import type { FileSystem } from "../../src/storage/file-system.js";
import { type FileSystemCall, interceptFileSystem } from "./intercept-file-system.js";
import { fileError } from "./memory-tree.js";

export type FaultCode = "ENOSPC" | "EIO" | "EACCES" | "EROFS" | "EMFILE" | "EXDEV" | "EPERM" | "ENOTSUP";

export interface Fault {
  /** The number of the first call that fails, counted from 0 over all calls. */
  at: number;
  code: FaultCode;
  /** Fail every later call too that this code can befall: a full disk stays full, but can be read. */
  forever: boolean;
}

export interface FaultyFileSystem {
  fileSystem: FileSystem;
  /** Every call made so far, failed ones too. */
  readonly calls: FileSystemCall[];
  /** How many calls failed because they were made to. */
  readonly failed: () => number;
}

const NAMES = ["mkdir", "rename", "link", "unlink", "rmdir", "chmod", "utimes"] as const;
const PATHS = ["open", "stat", "lstat", "readdir", "syncDirectory", ...NAMES] as const;

/** Which calls an operating system lets fail with a code. */
const BEFALLS: Readonly<Record<FaultCode, ReadonlySet<string>>> = {
  ENOSPC: new Set(["open wx", "mkdir", "rename", "link", "syncDirectory", "file.write", "file.sync"]),
  EIO: new Set(["open r", "open wx", ...PATHS, "file.read", "file.write", "file.sync", "file.stat", "file.close"]),
  EACCES: new Set(["open r", "open wx", ...PATHS]),
  EROFS: new Set(["open wx", ...NAMES]),
  EMFILE: new Set(["open r", "open wx", "readdir", "syncDirectory"]),
  EXDEV: new Set(["rename", "link"]),
  EPERM: new Set(["open wx", ...NAMES]),
  ENOTSUP: new Set(["link", "syncDirectory", "chmod", "utimes"]),
};
export const FAULT_CODES = Object.keys(BEFALLS) as FaultCode[];

export function canBefall(code: FaultCode, { method, flags }: FileSystemCall): boolean {
  return BEFALLS[code].has(method === "open" ? `open ${flags}` : method);
}

/** A file system whose `at`-th call fails. Without a fault it only counts. */
export function faulty(inner: FileSystem, fault?: Fault): FaultyFileSystem {
  const calls: FileSystemCall[] = [];
  let failed = 0;
  const fileSystem = interceptFileSystem(inner, async (call, run) => {
    const number = calls.push(call) - 1;
    const hit = fault && (number === fault.at || (fault.forever && number > fault.at)) && canBefall(fault.code, call);
    if (!hit) return await run();
    failed += 1;
    // The system lets go of the handle even when close reports an error.
    if (call.method === "file.close") await run();
    throw fileError(fault.code, call.path, call.method);
  });
  return { fileSystem, calls, failed: () => failed };
}

/** A file system that reads and writes less than it was asked for, as POSIX allows, in calls `from` and after. */
export function shortTransfers(
  inner: FileSystem,
  { from = 0, atMost = 1 }: { from?: number; atMost?: number } = {},
): FileSystem {
  let transfers = 0;
  return interceptFileSystem(inner, (call, run) => {
    if (call.length === undefined || transfers++ < from) return run();
    // Of a great deal a part, lest it take for ever.
    return run(Math.min(call.length, Math.max(atMost, Math.floor(call.length / 100))));
  });
}
