/**
 * The errors a caller can act on. Each class is a decision; facts are fields, not text to parse.
 * Misuse by the programmer (a wrong option, an impossible name) is a `TypeError` or `RangeError` instead.
 */
export class KuraError extends Error {
  override readonly name: string = "KuraError";
}

/** Nothing is stored under this name. Thrown where `undefined` cannot be returned: when streaming. */
export class MissingCheckpointError extends KuraError {
  override readonly name = "MissingCheckpointError";
  readonly checkpoint: string;
  /** Where an earlier revision was asked for: its id. */
  readonly revision: string | undefined;
  constructor(checkpoint: string, where: string, { hint, revision }: { hint?: string; revision?: string } = {}) {
    super(
      revision === undefined
        ? `Cannot read checkpoint "${checkpoint}": ${where} has none of that name${hint ? `; ${hint}` : ""}`
        : `Cannot read revision "${revision}" of checkpoint "${checkpoint}": ${where} keeps none of that id; listRevisions() names those that it keeps`,
    );
    this.checkpoint = checkpoint;
    this.revision = revision;
  }
}

export interface CorruptDetails {
  /** 1-based line (JSONL); absent when the file as a whole cannot be read. */
  line?: number | undefined;
  /** 0-based row. */
  row?: number | undefined;
  /** Path of the field inside the row, such as `messages[3].role`. */
  field?: string | undefined;
  /** Id of the revision that the bytes were. */
  revision?: string | undefined;
  /** What can be done about it, where nothing else is known than this file; the end of the message. */
  wayOut?: string | undefined;
  cause?: unknown;
}

/** Stored bytes exist but cannot be believed or cannot be read as rows. The file is left as it is. */
export class CorruptCheckpointError extends KuraError {
  override readonly name = "CorruptCheckpointError";
  readonly path: string;
  readonly reason: string;
  readonly line: number | undefined;
  readonly row: number | undefined;
  readonly field: string | undefined;
  readonly revision: string | undefined;
  /** The message but for the way out. */
  readonly problem: string;
  readonly wayOut: string | undefined;
  constructor(path: string, reason: string, details: CorruptDetails = {}) {
    const { line, row, field, revision, wayOut, cause } = details;
    const at = line !== undefined ? ` at line ${line}` : row !== undefined ? ` at row ${row}` : "";
    const inField = field ? `, field "${field}"` : "";
    const problem = `Cannot read "${path}"${at}${inField}: ${reason}`;
    super(wayOut === undefined ? problem : `${problem}; ${wayOut}`, cause === undefined ? undefined : { cause });
    this.path = path;
    this.reason = reason;
    this.problem = problem;
    this.wayOut = wayOut;
    this.line = line;
    this.row = row;
    this.field = field;
    this.revision = revision;
  }
}

/** A row handed to save that its row type or the format cannot hold. Nothing was published. */
export class InvalidRowError extends KuraError {
  override readonly name = "InvalidRowError";
  /** 0-based position in what was handed to save. */
  readonly row: number;
  readonly field: string;
  readonly reason: string;
  constructor(subject: string, row: number, field: string, reason: string, cause?: unknown) {
    const what = field === "" ? `row ${row}` : `row ${row}, field "${field}"`;
    super(`Cannot save ${subject} at ${what}: ${reason}`, cause === undefined ? undefined : { cause });
    this.row = row;
    this.field = field;
    this.reason = reason;
  }
}

/** What is stored and the wanted row type do not fit: columns, both of which are named, or a row. */
export class RowTypeMismatchError extends KuraError {
  override readonly name = "RowTypeMismatchError";
  readonly field: string;
  /** The clause of its message that says what does not fit. */
  readonly reason: string;
  constructor(subject: string, field: string, reason: string) {
    super(`Cannot read ${subject}: ${reason}`);
    this.field = field;
    this.reason = reason;
  }

  /** Of columns. */
  static of(subject: string, field: string, stored: string, wanted: string): RowTypeMismatchError {
    return new RowTypeMismatchError(subject, field, `field "${field}" is stored as ${stored} and wanted as ${wanted}`);
  }
}

/** A dataset has several splits, and none of them was named, or another one. */
export class SplitError extends KuraError {
  override readonly name = "SplitError";
  readonly splits: readonly string[];
  /** @param otherwise What can be done besides saying which one is meant. */
  constructor(path: string, splits: readonly string[], wanted: string | undefined, otherwise = "") {
    const all = splits.join(", ");
    super(
      wanted === undefined
        ? `Cannot read "${path}": it has the splits ${all}; say which is meant (split)${otherwise}`
        : `Cannot read split "${wanted}" of "${path}": there is none; there are ${all}`,
    );
    this.splits = splits;
  }
}

/** The operating system refused: no space, no permission, an input/output error. `code` is its errno name. */
export class StorageError extends KuraError {
  override readonly name = "StorageError";
  readonly code: string | undefined;
  readonly path: string;
  constructor(act: string, path: string, reason: string, cause?: unknown) {
    super(`Cannot ${act} "${path}": ${reason}`, cause === undefined ? undefined : { cause });
    this.path = path;
    const code = (cause as { code?: unknown } | undefined)?.code;
    this.code = typeof code === "string" ? code : undefined;
  }
}

/** There is nowhere to keep what a paid call would bring, so that it is not made; or one that was made could not be kept. */
export class UnwritableAnswersError extends KuraError {
  override readonly name = "UnwritableAnswersError";
  constructor(reason: string, cause?: unknown) {
    super(`Cannot keep answers: ${reason}; paid calls are not made`, cause === undefined ? undefined : { cause });
  }
}

/** A save or delete reached its commit point but could not be made durable: it is visible, a power cut may undo it. */
export class UnknownOutcomeError extends KuraError {
  override readonly name = "UnknownOutcomeError";
  readonly path: string;
  constructor(
    path: string,
    cause: unknown,
    reason = "would survive a power cut: it is visible, but syncing its directory failed",
  ) {
    super(`Cannot tell whether the change of "${path}" ${reason}; do it again`, { cause });
    this.path = path;
  }
}

/** Another writer holds the name and did not let go in time. */
export class LockedError extends KuraError {
  override readonly name = "LockedError";
  readonly path: string;
  constructor(path: string, holder: string, waitedMs: number) {
    super(
      `Cannot write "${path}": ${holder} has been writing it for the ${Math.round(waitedMs / 1000)} s that were waited`,
    );
    this.path = path;
  }
}

/** A copy of a MultiCheckpointManager did not come back, and is no longer waited for. */
export class StalledCopyError extends KuraError {
  override readonly name = "StalledCopyError";
  readonly copy: string;
  constructor(copy: string, waitedMs: number) {
    super(
      `Cannot wait for the copy "${copy}" any longer: nothing has come of it for ${waitedMs / 1000} s (copyTimeoutMs)`,
    );
    this.copy = copy;
  }
}

/** What became of one copy. */
export interface CopyOutcome {
  /** The manager's location and format. */
  readonly copy: string;
  /**
   * `withdrawn`: it could have, and did not, as too few others could · `unknown`: it was to, and did not say whether it did.
   */
  readonly outcome: "saved" | "deleted" | "failed" | "withdrawn" | "unknown";
  /** Why, where it is not done. */
  readonly error?: Error | undefined;
}

/** A save or deletion reached fewer copies than it has to. What each of them says is in `outcomes`. */
export class TooFewCopiesError extends KuraError {
  override readonly name = "TooFewCopiesError";
  readonly checkpoint: string;
  readonly outcomes: readonly CopyOutcome[];
  constructor(act: "save" | "delete", checkpoint: string, needed: number, outcomes: readonly CopyOutcome[]) {
    const done = outcomes.filter(({ outcome }) => outcome === "saved" || outcome === "deleted").length;
    const unknown = outcomes.some(({ outcome }) => outcome === "unknown");
    const stands =
      done === 0 && !unknown
        ? "nothing has changed in any"
        : "where it is done it is what counts from now on; do it again, or sync";
    const each = outcomes.map(
      ({ copy, outcome, error }) => `"${copy}" ${outcome}${error ? ` (${error.message})` : ""}`,
    );
    super(
      `Cannot ${act} checkpoint "${checkpoint}" in ${needed} copies (minimumCopies), only in ${done}: ${each.join("; ")}; ${stands}`,
      { cause: outcomes.find(({ error }) => error)?.error },
    );
    this.checkpoint = checkpoint;
    this.outcomes = outcomes;
  }
}

/** No copy can be used that has the newest rows, or says that there are none. */
export class NoGoodCopyError extends KuraError {
  override readonly name = "NoGoodCopyError";
  readonly checkpoint: string;
  readonly reason: string;
  constructor(checkpoint: string, reason: string, cause?: unknown) {
    super(`Cannot read checkpoint "${checkpoint}": ${reason}`, cause === undefined ? undefined : { cause });
    this.checkpoint = checkpoint;
    this.reason = reason;
  }
}

/** The directory was written by a newer version of this library. It is not touched. */
export class NewerFormatError extends KuraError {
  override readonly name = "NewerFormatError";
  constructor(path: string, found: string, known: number) {
    super(`Cannot use "${path}": its format is ${found}, this version knows up to ${known}; install a newer kura-ts`);
  }
}

/** The stored rows were made from something else than what was asked for. */
export class StaleCheckpointError extends KuraError {
  override readonly name = "StaleCheckpointError";
  readonly checkpoint: string;
  /** What differs, as sentences a person can read. */
  readonly changes: readonly string[];
  constructor(checkpoint: string, changes: readonly string[], wayOut?: string) {
    super(`Cannot use checkpoint "${checkpoint}" as fresh: ${changes.join("; ")}${wayOut ? `; ${wayOut}` : ""}`);
    this.checkpoint = checkpoint;
    this.changes = changes;
  }
}

/** An input file (somebody's export) cannot be understood. `damaged` tells a broken known format from an unknown one. */
export class InputError extends KuraError {
  override readonly name = "InputError";
  readonly path: string;
  readonly damaged: boolean;
  readonly line: number | undefined;
  constructor(
    path: string,
    reason: string,
    details: { damaged?: boolean; line?: number | undefined; cause?: unknown } = {},
  ) {
    const at = details.line === undefined ? "" : ` at line ${details.line}`;
    super(
      `Cannot read conversations from "${path}"${at}: ${reason}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.path = path;
    this.damaged = details.damaged ?? false;
    this.line = details.line;
  }
}

/** Tokens of a call, as `Usage` of models. */
interface CallUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

const IS_CALL_ERROR = Symbol.for("kura-ts.CallError");

/**
 * A call to a model, or to whatever makes rows that are dear, did not answer.
 *
 * `transient`: the same call may succeed later (busy, timed out, connection lost); it is tried again, here and in the next run ·
 * `final`: it would fail again (refused, too long); kept like an answer, and not bought again by itself · `fatal`: so would every other
 * (wrong key, unknown model); the run stops.
 */
export class CallError extends KuraError {
  override readonly name = "CallError";
  readonly [IS_CALL_ERROR] = true;

  /** Also of one that another copy of this package made, in a process that has loaded two. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a class that extends this one has only its own.
    if (this !== CallError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return value instanceof Error && (value as { [IS_CALL_ERROR]?: unknown })[IS_CALL_ERROR] === true;
  }

  readonly kind: "transient" | "final" | "fatal";
  /** In a word or two: "refused", "too long", "busy". */
  readonly reason: string;
  /** What the other side asked to wait before the next try. */
  readonly retryAfterMs: number | undefined;
  /** What the call has used all the same. */
  readonly usage: CallUsage | undefined;
  constructor(
    kind: CallError["kind"],
    reason: string,
    message: string,
    {
      cause,
      retryAfterMs,
      usage,
    }: { cause?: unknown; retryAfterMs?: number | undefined; usage?: CallUsage | undefined } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    if (!["transient", "final", "fatal"].includes(kind))
      throw new TypeError(`Cannot make a CallError of kind "${kind}": it is transient, final or fatal ("${message}")`);
    this.kind = kind;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
    this.usage = usage;
  }
}

/** More rows could not be made than the run puts up with. Nothing was published; what was paid for is kept. `cause`: why the first was not. */
export class TooManyFailuresError extends KuraError {
  override readonly name = "TooManyFailuresError";
  readonly failed: number;
  constructor(step: string, failed: number, limit: number, first: { key: string; reason: string; error?: unknown }) {
    super(
      `Cannot finish "${step}": ${failed} ${failed === 1 ? "row" : "rows"} could not be made, more than the ${limit} put up with (maxFailed); the first is "${first.key}": ${first.reason}; what was paid for is kept, so running again goes on from here`,
      first.error === undefined ? undefined : { cause: first.error },
    );
    this.failed = failed;
  }
}

/** The next call could cost more than is left. What was paid for is kept. */
export class BudgetError extends KuraError {
  override readonly name = "BudgetError";
  constructor(spent: number, maxCost: number, reason?: string) {
    super(
      reason === undefined
        ? `Stopped before spending more than $${maxCost.toFixed(2)}: $${spent.toFixed(2)} are spent or under way; what was paid for is kept, so running again with a higher limit goes on from here`
        : `Cannot keep spending below $${maxCost.toFixed(2)}: ${reason}; give its price, or run without a limit`,
    );
  }
}

/**
 * `access`: no token, a wrong one, or one that may not do this · `missing`: no such repository, revision or file, or none that the token
 * may know of · `conflict`: somebody else changed it meanwhile · `unavailable`: not reached, or busy, also after several tries ·
 * `damaged`: what came is not what the Hub says it has · `refused`: it will not do this, also if asked again.
 */
export type HubErrorKind = "access" | "missing" | "conflict" | "unavailable" | "damaged" | "refused";

/** The HuggingFace Hub did not do what was asked of it. Never holds a token. */
export class HubError extends KuraError {
  override readonly name = "HubError";
  readonly kind: HubErrorKind;
  /** Of its answer; undefined where there was none. */
  readonly status: number | undefined;
  constructor(
    kind: HubErrorKind,
    act: string,
    reason: string,
    { status, cause }: { status?: number | undefined; cause?: unknown } = {},
  ) {
    super(`Cannot ${act}: ${reason}`, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.status = status;
  }
}

/** What stands at the other place is no earlier state of what was to be brought there. Nothing was changed. */
export class DivergedError extends KuraError {
  override readonly name = "DivergedError";
  readonly checkpoint: string;
  constructor(checkpoint: string, where: string, reason: string) {
    super(`Cannot bring checkpoint "${checkpoint}" to "${where}": ${reason}; fetch that first, or replace it`);
    this.checkpoint = checkpoint;
  }
}
