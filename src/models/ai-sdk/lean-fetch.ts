import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { promisify } from "node:util";
import { brotliDecompress, unzip } from "node:zlib";

/** An answer that is longer cannot be kept. */
const MOST_BYTES = 64 << 20;
const OPTIONS = { keepAlive: true, noDelay: true };
const WAYS = {
  "http:": { request: http.request, agent: new http.Agent(OPTIONS) },
  "https:": { request: https.request, agent: new https.Agent(OPTIONS) },
} as const;
const ORIGINAL = globalThis.fetch;

/**
 * `fetch` for what the providers' packages do with it, a JSON text posted and an answer read whole: over Node's own HTTP, at a sixth of the
 * processor time. Everything else, redirections too, is left to `fetch`, and so is everything where somebody has put one of their own in its
 * place, or has set how it connects (a proxy).
 *
 * See docs/decisions/041-a-lean-fetch.md.
 */
export const leanFetch: typeof globalThis.fetch = async (input, init) => {
  const { body, headers, signal } = init ?? {};
  const url = typeof input === "string" || input instanceof URL ? new URL(input) : undefined;
  const way = url && WAYS[url.protocol as keyof typeof WAYS];
  if (!way || init?.method !== "POST" || typeof body !== "string" || isReplaced())
    return await globalThis.fetch(input, init);
  signal?.throwIfAborted();
  const { response, bytes } = await post(way, url, {
    body: Buffer.from(body),
    headers: plain(headers),
    signal: signal ?? undefined,
  });
  const { statusCode = 0, statusMessage = "" } = response;
  if (statusCode >= 300 && statusCode < 400) return await globalThis.fetch(input, init);
  return new WholeResponse(statusCode, statusMessage, headersOf(response), bytes) as unknown as Response;
};

/** Where a dispatcher of undici is set that is no plain agent, requests go through a proxy or are watched. */
function isReplaced(): boolean {
  const dispatcher = (globalThis as Record<symbol, unknown>)[Symbol.for("undici.globalDispatcher.1")];
  return (
    globalThis.fetch !== ORIGINAL ||
    (typeof dispatcher === "object" && dispatcher !== null && dispatcher.constructor.name !== "Agent")
  );
}

interface Posted {
  readonly response: IncomingMessage;
  readonly bytes: Uint8Array;
}

/** @throws {TypeError} As `fetch` does, with what happened as its cause; the reason of `signal`. */
function post(
  { request, agent }: (typeof WAYS)[keyof typeof WAYS],
  url: URL,
  { body, headers, signal }: { body: Buffer; headers: Record<string, string>; signal: AbortSignal | undefined },
): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      signal?.removeEventListener("abort", stop);
      reject(signal?.aborted ? signal.reason : new TypeError("fetch failed", { cause }));
    };
    const call = request(url, { method: "POST", agent, headers: { ...headers, "content-length": body.length } });
    const stop = () => call.destroy();
    signal?.addEventListener("abort", stop, { once: true });
    call.on("error", fail);
    call.on("response", (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > MOST_BYTES) call.destroy(new Error(`the answer is longer than ${MOST_BYTES} bytes`));
      });
      response.on("error", fail);
      response.on("end", () => {
        signal?.removeEventListener("abort", stop);
        const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
        decoded(bytes, response.headers["content-encoding"]).then((whole) => resolve({ response, bytes: whole }), fail);
      });
    });
    call.end(body);
  });
}

const DECODERS: Readonly<Record<string, (bytes: Uint8Array) => Promise<Uint8Array>>> = {
  gzip: promisify(unzip),
  deflate: promisify(unzip),
  br: promisify(brotliDecompress),
  identity: async (bytes) => bytes,
};

/** None is asked for, but some servers do not ask. */
async function decoded(bytes: Uint8Array, encoding = "identity"): Promise<Uint8Array> {
  const decode = DECODERS[encoding.trim().toLowerCase()];
  if (!decode) throw new Error(`the answer is in the unknown encoding "${encoding}"`);
  return await decode(bytes);
}

/** By name, as they are written in an object; making a `Headers` of it first costs as much as the request. */
export function plain(headers: RequestInit["headers"]): Record<string, string> {
  if (headers === undefined) return {};
  return typeof headers === "object" && Object.getPrototypeOf(headers) === Object.prototype
    ? (headers as Record<string, string>)
    : Object.fromEntries(new Headers(headers));
}

/** By name in lower case: what is read of a `Headers` is what a map has. */
function headersOf({ headers }: IncomingMessage): ReadonlyMap<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** A `Response` that is there as a whole: a real one would make a stream of it, which costs more than the request. */
class WholeResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly #bytes: Uint8Array;

  constructor(status: number, statusText: string, headers: ReadonlyMap<string, string>, bytes: Uint8Array) {
    this.status = status;
    this.statusText = statusText;
    this.headers = headers;
    this.#bytes = bytes;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** As much of a stream as is read to its end. */
  get body() {
    let isRead = false;
    const reader = {
      read: async () => {
        if (isRead) return { done: true, value: undefined };
        isRead = true;
        return { done: false, value: this.#bytes };
      },
      cancel: async () => {},
      releaseLock() {},
    };
    return { getReader: () => reader, cancel: reader.cancel };
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(this.#bytes);
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(this.#bytes).buffer;
  }

  /** Whoever wants more of it gets a real one. */
  clone(): Response {
    const { status, statusText, headers } = this;
    return new Response(new Uint8Array(this.#bytes), { status, statusText, headers: [...headers] });
  }
}
