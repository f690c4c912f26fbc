import { BUILTIN_ROW_TYPES } from "../rows/builtin.js";
import type { JsonObject } from "./loader.js";

/** Which checkpoint of Kura's a row is of that is no conversation: people hand in the wrong file of a directory. */
export function ownCheckpoint(value: JsonObject): string | undefined {
  return Object.values(BUILTIN_ROW_TYPES)
    .filter(({ name }) => name !== "conversations")
    .filter(({ columns }) => columns.every(({ name, nullable }) => nullable || Object.hasOwn(value, name)))
    .sort((a, b) => b.columns.length - a.columns.length)[0]?.name;
}
