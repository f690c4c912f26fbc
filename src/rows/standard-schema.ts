import { FieldError } from "./field-error.js";

/** A schema of any library that implements Standard Schema (https://standardschema.dev), as far as it is used here. */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
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
 * Run a schema: its refinements decide, its transforms apply.
 *
 * @throws {FieldError} With the first issue.
 */
export async function validate(schema: StandardSchema<unknown>, value: unknown): Promise<unknown> {
  const result = await schema["~standard"].validate(value);
  const issue = result.issues?.[0];
  if (!issue) return (result as { value: unknown }).value;
  const steps = (issue.path ?? []).map((step) => (typeof step === "object" ? step.key : step));
  const field = steps.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  throw new FieldError(field.replace(/^\./, ""), issue.message);
}
