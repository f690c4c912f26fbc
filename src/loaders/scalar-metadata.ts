import { metadataAt } from "./fields.js";
import type { JsonObject, Note } from "./loader.js";

/**
 * The metadata of a conversation whose format does not say what else it holds: its own `metadata`, and the texts, numbers and booleans
 * beside the fields that were read. Nulls and larger things (tools, answers) are left out. Of a name in both places the one inside
 * `metadata` counts.
 */
export function scalarMetadata(value: JsonObject, fieldsRead: readonly (string | undefined)[], note: Note): JsonObject {
  const metadata = metadataAt(value["metadata"]);
  const scalars = Object.entries(value).filter(([name, member]) => {
    if (name === "metadata" || fieldsRead.includes(name) || member === null) return false;
    if (typeof member === "object") note(`field "${name}" is neither text nor number and is left out`);
    else if (Object.hasOwn(metadata, name)) note(`field "${name}" is left out, since metadata has one of that name`);
    return typeof member !== "object";
  });
  if (scalars.length === 0) return metadata;
  // Object.fromEntries, since "__proto__" is a name like any other.
  return Object.fromEntries([...scalars, ...Object.entries(metadata)]);
}
