import type { FileSystemCall } from "../support/intercept-file-system.js";
import type { Operation } from "./explore.js";
import { DIRECTORY, PARENT, SEGMENTS } from "./samples.js";

/** One sync that the store makes: which call it is, and where leaving it out does no harm. Nowhere, if that is absent. */
export interface Sync {
  readonly name: string;
  readonly is: (call: FileSystemCall, before: readonly FileSystemCall[], operation: Operation) => boolean;
  /** The operation it takes to notice. */
  readonly during?: Operation["do"];
  readonly redundant?: "journalled metadata" | "always";
}

const isSegment = (path: string): boolean => path.endsWith(".answers");
const syncsDirectory = (call: FileSystemCall, path: string): boolean =>
  call.method === "syncDirectory" && call.path === path;
const syncsSegment = (call: FileSystemCall): boolean => call.method === "file.sync" && isSegment(call.path);
const firstOf = (call: FileSystemCall, before: readonly FileSystemCall[]): boolean =>
  !before.some(({ method, path }) => method === call.method && path === call.path);
const removed = (before: readonly FileSystemCall[]): boolean =>
  before.some(({ method, path }) => method === "unlink" && isSegment(path));

export const SYNCS: readonly Sync[] = [
  {
    name: "put: the answers",
    is: (call, before, { do: act }) => act === "put" && syncsSegment(call) && !firstOf(call, before),
  },
  {
    // It is there to learn of a full disk before anything is paid for.
    name: "put: the first line of a segment",
    is: (call, before, { do: act }) => act === "put" && syncsSegment(call) && firstOf(call, before),
    redundant: "always",
  },
  { name: "put: the segment's name", is: (call, _, { do: act }) => act === "put" && syncsDirectory(call, SEGMENTS) },
  {
    name: "new directory: its name in the parent",
    is: (call) => syncsDirectory(call, PARENT),
    redundant: "journalled metadata",
  },
  {
    name: "new directory: .kura's name",
    is: (call) => syncsDirectory(call, DIRECTORY),
    redundant: "journalled metadata",
  },
  {
    name: "new directory: the names in .kura",
    is: (call) => syncsDirectory(call, `${DIRECTORY}/.kura`),
    redundant: "journalled metadata",
  },
  {
    name: "collect: the answers that stay",
    during: "collect",
    is: (call, before, { do: act }) => act === "collect" && syncsSegment(call) && !firstOf(call, before),
  },
  {
    name: "collect: the new segment's name",
    during: "collect",
    is: (call, before, { do: act }) => act === "collect" && syncsDirectory(call, SEGMENTS) && !removed(before),
    redundant: "journalled metadata",
  },
  {
    name: "collect: the removal of the old ones",
    during: "collect",
    is: (call, before, { do: act }) => act === "collect" && syncsDirectory(call, SEGMENTS) && removed(before),
  },
];
