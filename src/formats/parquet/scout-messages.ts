import type { Columns } from "../../rows/column.js";
import type { BatchOptions } from "../format.js";

/* What a scout and the process that sent it say to each other. */

/** Read this file ahead of me. */
export interface Order {
  kind: "order";
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

/** How far the sender has come: a scout is never more than a few steps ahead. */
export interface Reached {
  kind: "reached";
  step: number;
}

export interface Wanted {
  kind: "wanted";
  start: number;
  end: number;
}

/** It is read, or was found to be damaged. */
export interface Done {
  kind: "done";
  /** Undefined if all is well. */
  damage: { reason: string; row: number | undefined; field: string | undefined } | undefined;
  /** The process has become large: send another next time. */
  isSpent: boolean;
}

export type ToScout = Order | Served | Reached;
export type FromScout = Wanted | Reached | Done;
