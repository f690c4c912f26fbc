import type { ArrowField } from "./arrow-schema.js";

/*
 * Python's Kura writes "", [] and 0 where a summary or a cluster has null, and takes them for null when it reads. Who wrote a dataset is
 * told by what it alone does: scores of eight bits.
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

/** Which values of which columns stand for null in rows of this type; undefined if none do. */
export function kuraNulls(type: string, fields: readonly ArrowField[]): ReadonlyMap<string, IsNull> | undefined {
  if (type === "clusters" || type === "projected_clusters") return OF_CLUSTERS;
  const score = fields.find(({ name }) => name === "concerning_score")?.type;
  return type === "summaries" && score?.kind === "int" && score.bits === 8 ? OF_SUMMARIES : undefined;
}
