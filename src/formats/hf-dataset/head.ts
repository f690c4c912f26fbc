import type { HeadRows } from "../format.js";
import { columnBuilder } from "./column-builder.js";
import { stateText } from "./dataset-files.js";
import { featuresOf, fingerprintOf } from "./features.js";

/** `state.json` of these shards. */
export function headOf(shards: readonly string[], known?: HeadRows): Uint8Array {
  if (!known) return Buffer.from(stateText(shards, fingerprintOf(shards.join("\n"), {})));
  const { rows, rowHash, columns } = known;
  const features = featuresOf(columns.map((column) => columnBuilder(column).field));
  return Buffer.from(stateText(shards, fingerprintOf(rowHash, features), { columns, rows }));
}
