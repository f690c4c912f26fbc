import type { RowType } from "../../src/rows/row-type.js";
export const NOTES: RowType<{ id: string; label: string }>;
export function nameOf(number: number, names: number): string;
export function notesOf(label: string): { id: string; label: string }[];
