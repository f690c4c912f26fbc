import { createHash } from "node:crypto";
import { isPlainObject } from "../../rows/column-rules.js";
import type { ArrowField, WrittenField } from "./arrow-schema.js";

/* What `datasets` says of columns beside the Arrow schema. */

/** In the spelling that 2.21, 3, 4 and 5 all read: `Sequence` of what is no struct, and a JSON array for a list of structs. */
export function featuresOf(fields: readonly WrittenField[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field.name, featureOf(field)]));
}

function featureOf(field: WrittenField): unknown {
  switch (field.type) {
    case "struct":
      return featuresOf(field.fields);
    case "list": {
      const feature = featureOf(field.items);
      return field.items.type === "struct" ? [feature] : { feature, _type: "Sequence" };
    }
    case "utf8":
      return { dtype: "string", _type: "Value" };
    default:
      return { dtype: field.type, _type: "Value" };
  }
}

/**
 * What the features say that the schema does not: the names of a ClassLabel. Of everything else the schema is the truth.
 *
 * @param features As in `dataset_info.json`; whatever is not understood is passed over.
 */
export function withLabels(fields: readonly ArrowField[], features: unknown): ArrowField[] {
  if (!isPlainObject(features)) return [...fields];
  return fields.map((field) => labelled(field, Object.hasOwn(features, field.name) ? features[field.name] : undefined));
}

function labelled(field: ArrowField, feature: unknown): ArrowField {
  // Of a list: as JSON, the old way.
  if (Array.isArray(feature)) return withItems(field, feature[0]);
  if (!isPlainObject(feature)) return field;
  const { _type: kind } = feature;
  if (typeof kind !== "string") return { ...field, children: withLabels(field.children, feature) };
  if (kind === "ClassLabel") {
    const names = feature["names"];
    const isNamed = Array.isArray(names) && names.every((name) => typeof name === "string");
    return isNamed && field.type.kind === "int" ? { ...field, labels: names } : field;
  }
  const inner = feature["feature"];
  if (inner === undefined) return field;
  // `Sequence` of a struct is a struct of lists.
  if (field.type.kind === "struct" && isPlainObject(inner)) {
    const children = field.children.map((child) =>
      Object.hasOwn(inner, child.name) ? withItems(child, inner[child.name]) : child,
    );
    return { ...field, children };
  }
  return withItems(field, inner);
}

function withItems(field: ArrowField, feature: unknown): ArrowField {
  if (field.type.kind !== "list" && field.type.kind !== "fixed-list") return field;
  return { ...field, children: field.children.map((child) => labelled(child, feature)) };
}

/** What `datasets` names its caches of later steps by: two datasets that differ must not share one. */
export function fingerprintOf(rowHash: string, features: unknown): string {
  return createHash("sha256").update(rowHash).update(JSON.stringify(features)).digest("hex").slice(0, 16);
}
