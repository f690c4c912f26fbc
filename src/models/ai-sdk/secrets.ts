import { leanFetch, plain } from "./lean-fetch.js";

/** What a request carries that nobody may read in an error. */
export class Secrets {
  readonly #values = new Set<string>();

  /** `fetch`, remembering the keys that it sends. They are the provider's to find, in the environment or elsewhere. @internal */
  readonly fetch: typeof globalThis.fetch = (input, init) => {
    const headers = plain(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    for (const [name, value] of Object.entries(headers))
      if (SECRET_HEADER.test(name)) this.add(value.replace(/^\w+ /, ""));
    init?.signal?.throwIfAborted();
    return leanFetch(input, init);
  };

  add(value: string | undefined): void {
    if (value !== undefined && value.length >= SHORTEST) this.#values.add(value);
  }

  redact(text: string): string {
    let redacted = text.replace(KEY, "[key]");
    for (const value of this.#values) redacted = redacted.replaceAll(value, "[key]");
    return redacted;
  }
}

/** What keys of the usual providers begin with, for those that were sent by somebody else's model. */
const KEY = /\b(?:sk|pk|gsk|xai|hf|pplx|r8|AIza|Bearer)[-_ ]?[\w-]{16,}/g;
const SECRET_HEADER = /auth|key|token|secret/i;
/** Local servers are given "x" or "none", which must not be cut out of words. */
const SHORTEST = 8;
