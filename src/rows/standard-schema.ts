import type { Row } from "./column.js";
import { isPlainObject } from "./column-rules.js";
import { FieldError } from "./field-error.js";

/** A schema of any library that implements Standard Schema (https://standardschema.dev), as far as it is used here. */
export interface StandardSchema<Output = unknown, Input = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const standard = (value as Partial<StandardSchema>)["~standard"];
  return typeof standard === "object" && standard?.version === 1 && typeof standard.validate === "function";
}

/**
 * Run a schema over a row: its refinements decide, its transforms apply.
 *
 * A row holds null where a field is absent, which a schema may call optional but not nullable. So where it refuses nulls it is asked
 * again without them, and fields that are then missing from its output are null again.
 *
 * @throws {FieldError} With the first issue.
 */
export async function validateRow(schema: StandardSchema<unknown>, row: Row): Promise<Row> {
  const result = await schema["~standard"].validate(row);
  if (!result.issues) return result.value as Row;
  const nulls = result.issues.map(pathOf).filter((path) => isNullMember(row, path));
  if (nulls.length === 0) throw fieldError(result.issues[0]!);
  const second = await schema["~standard"].validate(nulls.reduce(without, row as unknown));
  if (second.issues) throw fieldError(second.issues[0]!);
  for (const path of nulls) restoreNull(second.value, path);
  return second.value as Row;
}

type Path = readonly PropertyKey[];

function pathOf({ path = [] }: StandardIssue): Path {
  return path.map((step) => (typeof step === "object" ? step.key : step));
}

function fieldError(issue: StandardIssue): FieldError {
  const steps = pathOf(issue).map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`));
  return new FieldError(steps.join("").replace(/^\./, ""), issue.message);
}

function parentOf(value: unknown, path: Path): Record<PropertyKey, unknown> | undefined {
  let parent = value;
  for (const step of path.slice(0, -1)) parent = (parent as Record<PropertyKey, unknown> | undefined)?.[step];
  return isPlainObject(parent) ? parent : undefined;
}

function isNullMember(row: Row, path: Path): boolean {
  return path.length > 0 && parentOf(row, path)?.[path.at(-1)!] === null;
}

/** A copy, as far as it differs. */
function without(value: unknown, [step, ...rest]: Path): unknown {
  if (Array.isArray(value)) return value.map((item, index) => (index === step ? without(item, rest) : item));
  const copy = { ...(value as Record<PropertyKey, unknown>) };
  if (rest.length === 0) delete copy[step!];
  else copy[step!] = without(copy[step!], rest);
  return copy;
}

function restoreNull(value: unknown, path: Path): void {
  const parent = parentOf(value, path);
  if (parent && parent[path.at(-1)!] === undefined) parent[path.at(-1)!] = null;
}
