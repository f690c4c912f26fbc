import type { FileSystemCall } from "../support/intercept-file-system.js";
import { DIRECTORY, HISTORY, NAME, PARENT, VISIBLE } from "./subject.js";

/** One sync that the protocol makes: which call it is, and what it is needed for. */
export interface Sync {
  readonly name: string;
  readonly is: (call: FileSystemCall, before: readonly FileSystemCall[]) => boolean;
  /** The operation it takes to notice. */
  readonly during?: "delete";
  /** On which disks leaving it out does no harm (reference: the commit protocol's table). Nowhere, if absent. */
  readonly redundant?: "journalled metadata" | "renames that flush" | "always";
}

const syncsDirectory = (call: FileSystemCall, path: string): boolean =>
  call.method === "syncDirectory" && call.path === path;
const syncsFile = (call: FileSystemCall, ending: RegExp): boolean =>
  call.method === "file.sync" && ending.test(call.path);

const replaces = ({ method, to }: FileSystemCall): boolean => method === "rename" && to === VISIBLE;
const removes = ({ method, path }: FileSystemCall): boolean => method === "unlink" && path === VISIBLE;
const describesRows = ({ method, path }: FileSystemCall): boolean =>
  method === "open" && /(?<!\.json)\.tmp$/.test(path) && path.startsWith(HISTORY);
const makesDirectory = ({ method }: FileSystemCall): boolean => method === "mkdir";
const takesLock = ({ method, path, flags }: FileSystemCall): boolean =>
  method === "open" && flags === "wx" && path.includes(`/locks/${NAME}.`);

export const SYNCS: readonly Sync[] = [
  { name: "save: staged data", is: (call) => syncsFile(call, /Z-\w+\.tmp$/), redundant: "renames that flush" },
  {
    name: "save: manifest",
    is: (call, before) => syncsFile(call, /\.json\.tmp$/) && before.some(describesRows),
    redundant: "renames that flush",
  },
  {
    name: "save: history directory",
    is: (call, before) => syncsDirectory(call, HISTORY) && before.some(describesRows),
    redundant: "journalled metadata",
  },
  {
    name: "save: checkpoint directory after the commit",
    is: (call, before) => syncsDirectory(call, DIRECTORY) && before.some(replaces),
  },
  {
    name: "recovery: checkpoint directory",
    is: (call, before) =>
      syncsDirectory(call, DIRECTORY) && before.some(takesLock) && !before.some((c) => replaces(c) || removes(c)),
  },
  {
    name: "delete: history directory",
    during: "delete",
    is: (call, before) => syncsDirectory(call, HISTORY) && !before.some(describesRows),
    redundant: "journalled metadata",
  },
  {
    name: "delete: checkpoint directory after the commit",
    during: "delete",
    is: (call, before) => syncsDirectory(call, DIRECTORY) && before.some(removes),
  },
  {
    name: "delete of nothing: checkpoint directory",
    during: "delete",
    is: (call, before) => syncsDirectory(call, DIRECTORY) && !before.some((c) => takesLock(c) || makesDirectory(c)),
  },
  {
    name: "new directory: its name in the parent",
    is: (call) => syncsDirectory(call, PARENT),
    redundant: "journalled metadata",
  },
  {
    name: "new directory: .kura's name",
    is: (call, before) => syncsDirectory(call, DIRECTORY) && before.some(makesDirectory) && !before.some(takesLock),
    redundant: "always",
  },
  {
    name: "new directory: the history's name",
    is: (call) => syncsDirectory(call, `${DIRECTORY}/.kura`),
    redundant: "journalled metadata",
  },
  { name: "format file", is: (call) => syncsFile(call, /\/format\.tmp$/), redundant: "renames that flush" },
];
