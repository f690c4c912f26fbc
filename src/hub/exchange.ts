import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
} from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";

/** Enough that reading a few columns does not wait in line, few enough that no server minds. */
const MOST_SOCKETS = 8;
const plainAgent = new PlainAgent({ keepAlive: true, maxSockets: MOST_SOCKETS });
const secureAgent = new SecureAgent({ keepAlive: true, maxSockets: MOST_SOCKETS });

export interface HttpRequest {
  method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  url: URL;
  headers?: Readonly<Record<string, string>> | undefined;
  body?: HttpBody | undefined;
  /** The longest time in which nothing may happen. */
  stallMs: number;
  signal?: AbortSignal | undefined;
  /** Told of each part of the answer's body as it comes; what was told stays told when the connection breaks. */
  onChunk?: ((head: HttpHead, chunk: Uint8Array) => void) | undefined;
}

export interface HttpBody {
  readonly byteLength: number;
  chunks(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface HttpHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

export interface HttpAnswer extends HttpHead {
  /** Empty when `onChunk` was told of it. */
  readonly body: Buffer;
}

/** The connection could not be made, broke, or fell silent. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/** What is said in answers that are no files; more is somebody's mistake. */
const MOST_BODY_BYTES = 256 << 20;

/**
 * One request and the whole answer to it. Follows no redirect and tries nothing twice. Of `node:http` rather than `fetch`, which can send
 * a file from disk with its length said before only through an experimental API.
 *
 * @throws {ConnectionError} Also where the body is shorter than was said.
 */
export function exchange(wanted: HttpRequest): Promise<HttpAnswer> {
  const { method, url, headers, body, stallMs, signal, onChunk } = wanted;
  const isSecure = url.protocol === "https:";
  return new Promise<HttpAnswer>((resolve, reject) => {
    signal?.throwIfAborted();
    const request = (isSecure ? secureRequest : plainRequest)(url, {
      method,
      agent: isSecure ? secureAgent : plainAgent,
      headers: { ...headers, ...(body && { "content-length": String(body.byteLength) }) },
    });
    const fail = (error: unknown) => {
      done();
      request.destroy();
      reject(error);
    };
    const stalled = () => fail(new ConnectionError(`nothing was heard for ${stallMs / 1000} s`));
    let timer = setTimeout(stalled, stallMs);
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(stalled, stallMs);
    };
    const aborted = () => fail(signal?.reason);
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    };
    signal?.addEventListener("abort", aborted, { once: true });
    request.on("error", (error) => fail(connectionError(error)));
    request.on("response", (response) => {
      alive();
      collect(response, { method, alive, onChunk }).then((answer) => {
        done();
        resolve(answer);
      }, fail);
    });
    if (body) send(body, request, alive).catch(fail);
    else request.end();
  });
}

async function send(body: HttpBody, request: ReturnType<typeof plainRequest>, alive: () => void): Promise<void> {
  for await (const chunk of body.chunks()) {
    if (request.destroyed) return;
    if (!request.write(chunk)) {
      await new Promise<void>((resolve) => {
        request.once("drain", resolve);
        request.once("close", resolve);
      });
    }
    alive();
  }
  request.end();
}

async function collect(
  response: IncomingMessage,
  { method, alive, onChunk }: { method: string; alive: () => void; onChunk: HttpRequest["onChunk"] },
): Promise<HttpAnswer> {
  const head: HttpHead = { status: response.statusCode!, headers: response.headers };
  const chunks: Uint8Array[] = [];
  let byteLength = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      alive();
      byteLength += chunk.length;
      if (onChunk) onChunk(head, chunk);
      else if (byteLength > MOST_BODY_BYTES) throw new ConnectionError("the answer does not end");
      else chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof ConnectionError || !isConnectionError(error) ? error : connectionError(error);
  }
  const said = response.headers["content-length"];
  if (method !== "HEAD" && said !== undefined && byteLength !== Number(said))
    throw new ConnectionError(`the connection broke after ${byteLength} of ${said} bytes`);
  return { ...head, body: Buffer.concat(chunks) };
}

const isConnectionError = (error: unknown): boolean =>
  typeof (error as NodeJS.ErrnoException | null)?.code === "string";

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing answers there",
  ECONNRESET: "the connection broke",
  EPIPE: "the connection broke",
  ENOTFOUND: "there is no such host, or no network",
  EAI_AGAIN: "there is no network",
  ETIMEDOUT: "nothing answers there",
  ENETUNREACH: "there is no network",
  EHOSTUNREACH: "the host cannot be reached",
};

function connectionError(error: unknown): ConnectionError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new ConnectionError(REASONS[code ?? ""] ?? message, { cause: error });
}
