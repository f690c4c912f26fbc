import type { ArrowField } from "./arrow-schema.js";

/*
 * Python's Kura writes "", [] and 0 where a summary or a cluster has null, and takes them for null when it reads. Who wrote a dataset is
 * told by what it alone does: scores of eight bits, times as nanoseconds, coordinates as float32.
 */

type IsNull = (value: unknown) => boolean;

const isEmptyText: IsNull = (value) => value === "";
const isEmptyList: IsNull = (value) =>
  (Array.isArray(value) || ArrayBuffer.isView(value)) && (value as { length?: number }).length === 0;
const isZero: IsNull = (value) => value === 0;

const OF_SUMMARIES: ReadonlyMap<string, IsNull> = new Map([
  ["request", isEmptyText],
  ["topic", isEmptyText],
  ["task", isEmptyText],
  ["languages", isEmptyList],
  ["assistant_errors", isEmptyList],
  ["embedding", isEmptyList],
  ["concerning_score", isZero],
  ["user_frustration", isZero],
]);

/** Nothing has a parent without a name, whoever wrote it. */
const OF_CLUSTERS: ReadonlyMap<string, IsNull> = new Map([["parent_id", isEmptyText]]);

const LOSSES = {
  summaries: `Python's Kura keeps null as "", [] and 0, what is no list in metadata as a text, and vectors as float32: what looks like null, true or false is read as it`,
  conversations:
    "Python's Kura keeps times without their offset, and what is no list in metadata as a text: what looks like null, true or false is read as it",
  projected_clusters: "Python's Kura keeps coordinates as float32",
} as const;

/** Whether Python's Kura wrote rows of this type. */
const HAS_WRITTEN: Record<keyof typeof LOSSES, (fields: readonly ArrowField[]) => boolean> = {
  summaries: (fields) => {
    const type = typeOf(fields, "concerning_score");
    return type?.kind === "int" && type.bits === 8;
  },
  conversations: (fields) => typeOf(fields, "created_at")?.kind === "timestamp",
  projected_clusters: (fields) => {
    const type = typeOf(fields, "x_coord");
    return type?.kind === "float" && type.bits === 32;
  },
};

function typeOf(fields: readonly ArrowField[], name: string): ArrowField["type"] | undefined {
  return fields.find((field) => field.name === name)?.type;
}

/** In a clause, what Python's Kura has lost of rows of this type; undefined if nothing, or if it is not who wrote them. */
export function kuraLoss(type: string, fields: readonly ArrowField[]): string | undefined {
  if (!Object.hasOwn(LOSSES, type)) return undefined;
  const name = type as keyof typeof LOSSES;
  return HAS_WRITTEN[name](fields) ? LOSSES[name] : undefined;
}

/** Which values of which columns stand for null in rows of this type; undefined if none do. */
export function kuraNulls(type: string, fields: readonly ArrowField[]): ReadonlyMap<string, IsNull> | undefined {
  if (type === "clusters" || type === "projected_clusters") return OF_CLUSTERS;
  return type === "summaries" && HAS_WRITTEN.summaries(fields) ? OF_SUMMARIES : undefined;
}
