import { createHash } from "node:crypto";
import { toldSchema } from "./derive-columns.js";
import type { StandardSchema } from "./standard-schema.js";

/**
 * What tells schemas apart, as far as they tell of themselves: enumerations, bounds, formats, defaults; not what a function inside does.
 * undefined for a schema that tells nothing.
 */
export function schemaHashOf(schema: StandardSchema): string | undefined {
  const [given, made] = (["input", "output"] as const).map((side) => spelled(schema, side));
  if (given === undefined && made === undefined) return undefined;
  return `sha256:${createHash("sha256").update(`${given}\n${made}`).digest("hex")}`;
}

/** Some libraries throw for what JSON Schema cannot say. */
function spelled(schema: StandardSchema, side: "input" | "output"): string | undefined {
  try {
    return JSON.stringify(toldSchema(schema, side));
  } catch {
    return undefined;
  }
}
