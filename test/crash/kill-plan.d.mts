import type { Note } from "./subject.js";
export function operationNumbered(number: number): "save" | "delete" | "restore";
export function notesNumbered(number: number): Note[];
