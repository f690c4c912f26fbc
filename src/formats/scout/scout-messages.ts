import type { Columns } from "../../rows/column.js";
import type { BatchOptions } from "../format.js";
import type { STEPPED } from "./stepped-formats.js";

/* What a scout and the process that sent it say to each other. Files are called by the names of parts; "" is the head. */

/** Read these files ahead of me. */
export interface Order {
  kind: "order";
  format: keyof typeof STEPPED;
  /** Of its options, what decides which rows are read. */
  variant: unknown;
  /** Of the head. */
  byteLength: number;
  path: string;
  /** Undefined where the file's own decide. */
  type: { name: string; columns: Columns } | undefined;
  options: Omit<BatchOptions, "signal">;
}

/** Bytes that were asked for. */
export interface Served {
  kind: "served";
  bytes: Uint8Array;
}

/** A part that was asked for. */
export interface Opened {
  kind: "opened";
  /** Undefined where there is none of that name. */
  part: { byteLength: number; path: string } | undefined;
}

/** How far the sender has come: a scout is never more than a few steps ahead. */
export interface Reached {
  kind: "reached";
  step: number;
}

export interface Wanted {
  kind: "wanted";
  file: string;
  start: number;
  end: number;
}

export interface Open {
  kind: "open";
  file: string;
}

/** It is read, or was found to be damaged, or could not be read for a reason that is not the file's. */
export interface Done {
  kind: "done";
  damage?: { path: string | undefined; reason: string; row: number | undefined; field: string | undefined };
  failure?: string;
  /** The process has become large: send another next time. */
  isSpent: boolean;
}

export type ToScout = Order | Served | Opened | Reached;
export type FromScout = Wanted | Open | Reached | Done;
