import type { LayoutKind } from "./loader.js";

/** Where one conversation stands in its file. */
export interface Place {
  readonly kind: LayoutKind;
  /** 0-based. */
  readonly index: number;
  /** 1-based, where it starts. */
  readonly line: number;
}

/** What people look for it by: its line where each has its own, or else its index. */
export function placeNumber({ kind, index, line }: Place): number {
  return kind === "lines" ? line : index;
}

/** Such as "line 3" or "element 2 (from 0)". */
export function placeName(kind: LayoutKind, number: number): string {
  return kind === "lines" ? `line ${number}` : `element ${number} (from 0)`;
}
