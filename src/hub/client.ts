import { HubError } from "../errors.js";
import { ConnectionError, exchange, type HttpAnswer, type HttpBody, type HttpRequest } from "./exchange.js";
import { type Asker, explain } from "./explain.js";
import { askedWaitMs, Backoff, PASSING_STATUSES, type RetryOptions } from "./retry.js";

export interface ClientOptions extends RetryOptions {
  /** The longest time in which nothing may be heard before the connection counts as broken; 60,000 by default. */
  stallMs?: number | undefined;
  /** Told, as a sentence, of each attempt that failed, and in how many milliseconds it is made again. */
  onRetry?: ((message: string, waitMs: number) => void) | undefined;
}

export interface Call {
  /** What is attempted, after "Cannot". */
  act: string;
  method: HttpRequest["method"];
  /** Below the endpoint, or an address. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: HttpBody | undefined;
  signal?: AbortSignal | undefined;
  onChunk?: HttpRequest["onChunk"];
  /** Statuses that are answers and no errors, besides 200 to 299. */
  also?: readonly number[];
  /** It may have been done though no answer came, and is not to be done twice: tried once. */
  once?: boolean;
  /** Follow a redirect to another origin; there without the token. */
  follows?: boolean;
}

const MOST_REDIRECTS = 10;
const HOPELESS_MS = 30_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Requests to one Hub: with the token there and nowhere else, tried again where that may help, errors explained. */
export class HubClient {
  readonly #asker: Asker;
  readonly #options: ClientOptions;
  /** Until when nothing is tried twice: it was tried in vain, and without a network every call would wait as long. */
  #hopelessUntilMs = 0;

  constructor(asker: Asker, options: ClientOptions = {}) {
    this.#asker = asker;
    this.#options = options;
  }

  get endpoint(): string {
    return this.#asker.endpoint;
  }

  get hasToken(): boolean {
    return this.#asker.token !== undefined;
  }

  backoff(options: RetryOptions = {}): Backoff {
    return new Backoff({ ...this.#options, ...options });
  }

  /** @throws {HubError} For every answer that is no success. */
  async call(call: Call): Promise<HttpAnswer & { url: URL }> {
    const backoff = this.backoff();
    for (;;) {
      const tried = await this.attempt(call);
      if (!(tried instanceof HubError)) return tried;
      if (call.once || !(await this.again(tried, backoff, call.signal))) throw tried;
    }
  }

  /** Wait, where a failure is one that may pass, and say whether to try again. */
  async again(error: HubError, backoff: Backoff, signal: AbortSignal | undefined): Promise<boolean> {
    if (error.kind !== "unavailable") return false;
    const { askedMs } = error as Passing;
    const isSilent = error.status === undefined;
    if (isSilent && performance.now() < this.#hopelessUntilMs) return false;
    const onWait = (ms: number) => this.#options.onRetry?.(`${error.message} (waiting ${Math.ceil(ms / 1000)} s)`, ms);
    if (!(await backoff.wait(askedMs, signal, onWait))) {
      if (isSilent) this.#hopelessUntilMs = performance.now() + HOPELESS_MS;
      return false;
    }
    return true;
  }

  /** One attempt. An error is given, not thrown, unless it is an abort or a mistake of ours. */
  async attempt(call: Call): Promise<(HttpAnswer & { url: URL }) | HubError> {
    const { act, signal } = call;
    if (this.#asker.isOffline)
      return new HubError("refused", act, "HF_HUB_OFFLINE is set, so the Hub is not asked; unset it");
    let answer: HttpAnswer & { url: URL };
    try {
      answer = await this.#followed(call);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof HubError) return error;
      if (!(error instanceof ConnectionError)) throw error;
      return new HubError("unavailable", act, `${new URL(this.endpoint).host}: ${error.message}; ${OFFLINE}`, {
        cause: error,
      });
    }
    this.#hopelessUntilMs = 0;
    if ((answer.status >= 200 && answer.status < 300) || call.also?.includes(answer.status)) return answer;
    // The store of large files knows no tokens: its links expire, and another attempt gets another.
    if (answer.url.origin !== new URL(this.endpoint).origin)
      return new HubError(
        "unavailable",
        act,
        `the store of its files, ${answer.url.host}, refuses (${answer.status}); try again later`,
        {
          status: answer.status,
        },
      );
    const error = explain(act, answer, this.#asker);
    if (!PASSING_STATUSES.has(answer.status)) return error;
    const askedMs = askedWaitMs(answer.headers);
    return askedMs === undefined ? error : Object.assign(error, { askedMs } satisfies Passing);
  }

  async #followed({
    act,
    method,
    path,
    headers,
    body,
    signal,
    onChunk,
    follows,
  }: Call): Promise<HttpAnswer & { url: URL }> {
    const home = new URL(this.endpoint).origin;
    let url = new URL(path, `${this.endpoint}/`);
    for (let redirects = 0; ; redirects++) {
      // The token is for the Hub alone: where files lie, a signature in the address stands for it.
      const token = url.origin === home ? this.#asker.token : undefined;
      const answer = await exchange({
        method,
        url,
        headers: { "user-agent": "kura-ts", ...headers, ...(token && { authorization: `Bearer ${token}` }) },
        body,
        stallMs: this.#options.stallMs ?? 60_000,
        signal,
        onChunk: onChunk && ((head, chunk) => head.status < 300 && onChunk(head, chunk)),
      });
      const { location } = answer.headers;
      if (!REDIRECTS.has(answer.status) || location === undefined) return { ...answer, url };
      const refuse = (reason: string) => new HubError("refused", act, reason, { status: answer.status });
      if (!URL.canParse(location, url.href)) throw refuse("the Hub leads to what is no address");
      const next = new URL(location, url);
      if (redirects === MOST_REDIRECTS)
        throw refuse(`the Hub leads from address to address, ${redirects} times by now`);
      if (!/^https?:$/.test(next.protocol) || (url.protocol === "https:" && next.protocol !== "https:"))
        throw refuse(`the Hub leads to ${next.protocol}//${next.host}, which is not safe`);
      // What is sent is not for others. By the others of these statuses it may have been done already, and what there is be the outcome.
      if (body && (next.origin !== url.origin || answer.status < 307))
        throw refuse(this.#renamed(next) ?? `the Hub leads what is to be sent to it to ${next.origin}`);
      if (next.origin !== home && !follows) throw refuse(`the Hub leads to ${next.origin}, which is another`);
      url = next;
    }
  }

  /** Where it leads to, where that is another dataset here. */
  #renamed({ origin, pathname }: URL): string | undefined {
    const { id, endpoint } = this.#asker;
    const now = /^\/(?:api\/)?datasets\/([^/]+\/[^/]+?)(?:\.git)?\//.exec(pathname)?.[1];
    if (id === undefined || now === undefined || now === id || origin !== new URL(endpoint).origin) return undefined;
    return `${id} is ${now} now: use that name`;
  }
}

const OFFLINE = "check the network, or hubUrl and HF_ENDPOINT";

/** Of errors that pass. */
interface Passing {
  readonly askedMs?: number;
}

export function jsonBody(value: unknown): Pick<Call, "body" | "headers"> {
  return { body: bytesBody(Buffer.from(JSON.stringify(value))), headers: { "content-type": "application/json" } };
}

export function bytesBody(bytes: Uint8Array): HttpBody {
  return { byteLength: bytes.length, chunks: () => [bytes] };
}
