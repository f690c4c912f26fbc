import { FieldError } from "./field-error.js";

// All but: space to U+FFFF without quote, backslash and surrogates. A text without these is its own JSON between quotes, and most are.
const NEEDS_CARE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** @throws {FieldError} For half a surrogate pair. */
export function quote(text: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new FieldError("", "the text holds half of a surrogate pair, which is not Unicode");
  return JSON.stringify(text);
}
