import { CallError } from "../../errors.js";

/** An error of the AI SDK's `APICallError`, as far as it is read. */
interface ApiError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly statusCode?: unknown;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly responseBody?: unknown;
}

type Verdict = readonly [kind: CallError["kind"], reason: string];

/** By what it says, where several things share a status. In this order. */
const BY_TEXT: readonly (readonly [pattern: RegExp, ...Verdict])[] = [
  [/insufficient_quota|credit balance|billing/i, "fatal", "no credit"],
  [
    /context_length_exceeded|string_above_max_length|(context|sequence) (length|window|size)|prompt is too long/i,
    "final",
    "too long",
  ],
  [
    /(input|prompt|request|messages?)\b.{0,80}(too (long|large|many tokens)|exceeds?\b.{0,60}tokens)/i,
    "final",
    "too long",
  ],
  [/content_(filter|policy)|content (management|policy)|ResponsibleAIPolicyViolation|flagged/i, "final", "refused"],
  [
    /model_not_found|model\b.{0,80}(not found|not exist|not supported|unknown)|(no|unknown) model/i,
    "fatal",
    "unknown model",
  ],
  [/api key/i, "fatal", "wrong key"],
];

/** Where the text decides: a wrong request, or too many of them, may be about anything. */
const TEXT_DECIDES = new Set([400, 403, 413, 422, 429]);

const BY_STATUS: Readonly<Record<number, Verdict>> = {
  401: ["fatal", "wrong key"],
  402: ["fatal", "no credit"],
  403: ["fatal", "forbidden"],
  404: ["fatal", "unknown model"],
  408: ["transient", "timed out"],
  409: ["transient", "busy"],
  413: ["final", "too long"],
  425: ["transient", "busy"],
  429: ["transient", "busy"],
  503: ["transient", "busy"],
  // Anthropic's "overloaded".
  529: ["transient", "busy"],
};

/** Where there was no answer. */
const BY_NAME: Readonly<Record<string, Verdict>> = {
  AI_LoadAPIKeyError: ["fatal", "no key"],
  AI_LoadSettingError: ["fatal", "no setting"],
  AI_NoSuchModelError: ["fatal", "unknown model"],
  AI_UnsupportedFunctionalityError: ["fatal", "unsupported"],
  AI_APICallError: ["transient", "connection lost"],
  AI_TooManyEmbeddingValuesForCallError: ["fatal", "too many texts"],
};

const LONGEST_DETAIL = 300;

/**
 * What went wrong, as a decision. Without `cause`: the SDK's errors hold the whole request, conversation and all, and whoever logs an error
 * logs its causes.
 *
 * @param redact Takes keys out of what the other side said.
 */
export function callErrorOf(error: unknown, id: string, redact: (text: string) => string): CallError {
  if (error instanceof CallError) return error;
  const { name, message, statusCode, responseHeaders, responseBody } = (error ?? {}) as ApiError;
  const status = typeof statusCode === "number" ? statusCode : undefined;
  const [kind, reason] = verdictOf(
    String(name),
    status,
    `${message} ${typeof responseBody === "string" ? responseBody : ""}`,
  );
  const said = shortened(redact(String(message ?? error)));
  return new CallError(
    kind,
    reason,
    `Cannot get an answer of ${id}${status === undefined ? "" : ` (HTTP ${status})`}: ${said}`,
    {
      retryAfterMs: retryAfterMsOf(responseHeaders),
    },
  );
}

function verdictOf(name: string, status: number | undefined, text: string): Verdict {
  if (status === undefined) return BY_NAME[name] ?? ["transient", "failed"];
  // The server is content, and what it sent is no answer.
  if (status < 400) return ["transient", "broken answer"];
  if (TEXT_DECIDES.has(status)) {
    const found = BY_TEXT.find(([pattern]) => pattern.test(text));
    if (found) return [found[1], found[2]];
  }
  return BY_STATUS[status] ?? (status >= 500 ? ["transient", "server error"] : ["final", "not understood"]);
}

/** What `retry-after-ms` (OpenAI, Azure) or `retry-after` (RFC 9110: seconds, or a date) ask for. */
export function retryAfterMsOf(headers: Readonly<Record<string, string>> | undefined): number | undefined {
  const ms = Number.parseFloat(headers?.["retry-after-ms"] ?? "");
  if (ms >= 0) return ms;
  const after = headers?.["retry-after"];
  if (after === undefined) return undefined;
  if (/^\s*[\d.]+\s*$/.test(after)) return Number(after) * 1000;
  const at = Date.parse(after);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= LONGEST_DETAIL ? line : `${line.slice(0, LONGEST_DETAIL - 1)}…`;
}
