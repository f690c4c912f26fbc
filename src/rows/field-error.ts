/** Why a value does not fit its column, and where inside it. Becomes an error of `errors.ts` where row and file are known. */
export class FieldError extends Error {
  /** Such as `messages[3].role`. */
  readonly field: string;
  readonly reason: string;
  constructor(field: string, reason: string) {
    super(field === "" ? reason : `${field}: ${reason}`);
    this.field = field;
    this.reason = reason;
  }
}

const MOST_PATH_LENGTH = 120;

/** The same error seen from the container: `step` is a member name or an index in brackets. */
export function within(step: string, error: unknown): unknown {
  if (!(error instanceof FieldError)) return error;
  const { field, reason } = error;
  const path = field === "" || field.startsWith("[") ? step + field : `${step}.${field}`;
  // Of a value that contains itself it would have hundreds of parts.
  return new FieldError(path.length > MOST_PATH_LENGTH ? `${path.slice(0, MOST_PATH_LENGTH)}…` : path, reason);
}

/** A value in a few words, for messages. */
export function sketch(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (typeof value === "string")
    return value.length > 40 ? `the text ${JSON.stringify(value.slice(0, 40))}…` : `the text ${JSON.stringify(value)}`;
  if (typeof value === "bigint") return `bigint ${value}`;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return withArticle(typeof value === "object" ? kindOf(value) : typeof value);
}

/** "an object", "a Date". */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? "an" : "a"} ${noun}`;
}

/** Of whose class it is; generators and what has no prototype have none, and say it themselves. */
function kindOf(value: object): string {
  const name = value.constructor?.name || Object.prototype.toString.call(value).slice("[object ".length, -1);
  return name === "Object" ? "object" : name;
}
