import { readFileSync } from "node:fs";
import type { Row } from "../../src/rows/column.js";
import { parseLossless } from "../../src/rows/lossless-json.js";

/** The rows that another tool was given, which lie beside what it wrote. */
export function expectedRows(folder: URL, name: string): Row[] {
  return parseLossless(readFileSync(new URL(`${name}.json`, folder), "utf8")) as Row[];
}

/** As the expectations spell it: what JSON does not tell apart is the same. */
export function plain(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value))
    return { float: Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf" };
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
