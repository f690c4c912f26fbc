import type { FileSystemCall } from "../support/intercept-file-system.js";
import type { Form } from "./form.js";
import { DIRECTORY, NAME, PARENT } from "./subject.js";

/** One sync that the protocol makes: which call it is, and what it is needed for. */
export interface Sync {
  readonly name: string;
  readonly is: (call: FileSystemCall, before: readonly FileSystemCall[]) => boolean;
  /** The operation it takes to notice. */
  readonly during?: "delete";
  /** Made for parts alone. */
  readonly ofParts?: true;
  /** It takes many states to notice: not in a sample. */
  readonly isSlow?: true;
  /** How many states the script has to go on from, until one shows it. */
  readonly follow?: number;
  /** The script that notices first. */
  readonly first?: string;
  /** On which disks leaving it out does no harm (reference: the commit protocol's table). Nowhere, if absent. */
  readonly redundant?: "journalled metadata" | "renames that flush" | "always" | undefined;
}

const syncsDirectory = (call: FileSystemCall, path: string): boolean =>
  call.method === "syncDirectory" && call.path === path;
const syncsFile = (call: FileSystemCall, ending: RegExp): boolean =>
  call.method === "file.sync" && ending.test(call.path);

const makesDirectory = ({ method }: FileSystemCall): boolean => method === "mkdir";
const takesLock = ({ method, path, flags }: FileSystemCall): boolean =>
  method === "open" && flags === "wx" && path.includes(`/locks/${NAME}.`);

/** All that saves and deletes of a form make. */
export function syncsOf(form: Form): readonly Sync[] {
  const { head, directory, history } = form;
  const inDirectory = directory !== DIRECTORY;
  const replaces = ({ method, to }: FileSystemCall): boolean => method === "rename" && to === head;
  const removes = ({ method, path }: FileSystemCall): boolean => method === "unlink" && path === head;
  const describesRows = ({ method, path }: FileSystemCall): boolean =>
    method === "open" && /Z-\w+\.tmp$/.test(path) && path.startsWith(history);
  const describes = ({ method, path }: FileSystemCall): boolean =>
    method === "open" && path.endsWith(".json.tmp") && path.startsWith(history);
  const addsPart = ({ method, path, flags }: FileSystemCall): boolean =>
    method === "open" && flags === "wx" && path.startsWith(`${directory}/data-`);
  const settlesCompanion = ({ method, path }: FileSystemCall): boolean =>
    method === "open" && path.endsWith(".companion.tmp");
  const isRecovery = (before: readonly FileSystemCall[]): boolean =>
    before.some(takesLock) && !before.some((call) => replaces(call) || removes(call) || describesRows(call));
  return [
    { name: "save: staged data", is: (call) => syncsFile(call, /Z-\w+\.tmp$/), redundant: "renames that flush" },
    {
      name: "save: manifest",
      is: (call, before) => syncsFile(call, /\.json\.tmp$/) && before.some(describesRows),
      redundant: "renames that flush",
    },
    {
      name: "save: history directory",
      is: (call, before) => syncsDirectory(call, history) && before.some(describesRows) && before.some(describes),
      redundant: "journalled metadata",
    },
    {
      name: "save: directory of the head after the commit",
      is: (call, before) => syncsDirectory(call, directory) && before.some(replaces),
    },
    {
      name: "recovery: directory of the head",
      is: (call, before) => syncsDirectory(call, directory) && isRecovery(before),
    },
    {
      name: "delete: history directory",
      during: "delete",
      is: (call, before) => syncsDirectory(call, history) && !before.some(describesRows),
      redundant: "journalled metadata",
    },
    {
      name: "delete: directory of the head after the commit",
      during: "delete",
      is: (call, before) => syncsDirectory(call, directory) && before.some(removes),
    },
    {
      name: "delete of nothing: directory of the head",
      during: "delete",
      is: (call, before) => syncsDirectory(call, directory) && !before.some((c) => takesLock(c) || makesDirectory(c)),
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
    ...(inDirectory ? ofParts() : []),
  ];

  function ofParts(): Sync[] {
    return [
      {
        ofParts: true,
        name: "save: the trace of the parts",
        first: "a first save",
        follow: 40,
        is: (call, before) => syncsDirectory(call, history) && before.some(describesRows) && !before.some(describes),
        redundant: "journalled metadata",
      },
      { name: "save: part", ofParts: true, is: (call) => syncsFile(call, /\/data-[^/]+$/) },
      {
        ofParts: true,
        name: "save: directory of the parts before the commit",
        is: (call, before) =>
          syncsDirectory(call, directory) &&
          before.some(addsPart) &&
          !before.some((c) => settlesCompanion(c) || replaces(c)),
        redundant: "journalled metadata",
      },
      {
        name: "save: companion",
        ofParts: true,
        is: (call) => syncsFile(call, /\.companion\.tmp$/),
        redundant: "renames that flush",
      },
      {
        ofParts: true,
        name: "recovery: checkpoint directory",
        is: (call, before) => syncsDirectory(call, DIRECTORY) && isRecovery(before),
        redundant: "always",
      },
      {
        ofParts: true,
        name: "new directory: its name in the checkpoint directory",
        first: "a delete",
        isSlow: true,
        is: (call, before) => syncsDirectory(call, DIRECTORY) && before.some(describesRows),
      },
    ];
  }
}
