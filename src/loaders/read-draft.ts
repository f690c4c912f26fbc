import { isPlainObject } from "../rows/column-rules.js";
import { FieldError } from "../rows/field-error.js";
import { assertShallow } from "../rows/json-depth.js";
import { damagedElement } from "./damaged-element.js";
import { describeValue } from "./describe-value.js";
import type { InputElement } from "./input-elements.js";
import type { Draft, JsonObject, Note } from "./loader.js";
import { LOADERS, type LoaderName, recognise } from "./loaders.js";
import type { Place } from "./place.js";
import { mayHoldHalves, toWellFormed } from "./well-formed.js";

/**
 * One conversation as far as its file tells, checked to be what can be saved.
 *
 * @param value What the element's text was parsed to.
 * @throws {InputError} Naming the place and the field, for what `format` does not have there.
 */
export function readDraft(
  path: string,
  element: InputElement,
  value: unknown,
  { format, note }: { format: LoaderName; note: Note },
): Draft {
  const damaged = (reason: string, cause?: unknown) => damagedElement(path, element, reason, { cause });
  if (!isPlainObject(value)) throw damaged(`a conversation is a JSON object, this is ${describeValue(value)}`);
  try {
    const draft = LOADERS[format].read(value, element.text, note);
    assertShallow(draft.metadata, "metadata");
    if (!mayHoldHalves(element.text)) return draft;
    const wellFormed = toWellFormed(draft);
    if (wellFormed !== draft) note("half of a surrogate pair, which is not Unicode, was replaced by U+FFFD");
    return wellFormed;
  } catch (error) {
    if (error instanceof FieldError) throw damaged(fieldReason(error, format, value, element), error);
    // What JSON.parse takes may be nested too deeply for everybody after it.
    if (error instanceof RangeError) throw damaged("it is nested too deeply", error);
    throw error;
  }
}

/** A path that is as deep as the file wants must not fill the screen. */
const MAX_FIELD_CHARS = 100;

function fieldReason({ field, reason }: FieldError, format: LoaderName, value: JsonObject, { kind }: Place): string {
  const other = recognise(value, kind);
  const mixed = other && other !== format ? `it looks like ${other}, and the file begins as ${format}: ` : "";
  const shown = field.length > MAX_FIELD_CHARS ? `${field.slice(0, MAX_FIELD_CHARS)}…` : field;
  return `${mixed}field "${shown}": ${reason}`;
}
