import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { leanFetch } from "../../src/models/ai-sdk/lean-fetch.js";

let handle: (request: IncomingMessage, response: ServerResponse, body: string) => void;
let connections = 0;
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => handle(request, response, body));
});
server.on("connection", () => connections++);
let url: string;
beforeEach(async () => {
  connections = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/ask?x=1`;
});
afterEach(async () => {
  vi.unstubAllGlobals();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const post = (init: RequestInit = {}) =>
  leanFetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: '{"q":"ü"}', ...init });

it("posts a text, and gives status, headers and the whole answer", async () => {
  handle = ({ method, url: path, headers }, response, body) => {
    response.writeHead(201, { "X-Twice": ["a", "b"], "content-type": "text/plain" });
    response.end(
      JSON.stringify({ method, path, body, type: headers["content-type"], length: headers["content-length"] }),
    );
  };
  const response = await post();
  expect([response.ok, response.status, response.statusText]).toEqual([true, 201, "Created"]);
  expect(Object.fromEntries([...response.headers])).toMatchObject({ "x-twice": "a, b", "content-type": "text/plain" });
  expect(response.headers.get("x-twice")).toBe("a, b");
  const expected = { method: "POST", path: "/v1/ask?x=1", body: '{"q":"ü"}', type: "application/json", length: "10" };
  expect(await response.clone().json()).toEqual(expected);
  expect(await response.json()).toEqual(expected);
  const reader = response.body!.getReader();
  const first = await reader.read();
  expect(JSON.parse(new TextDecoder().decode(first.value))).toEqual(expected);
  expect(await reader.read()).toEqual({ done: true, value: undefined });
  expect(JSON.parse(new TextDecoder().decode(await response.arrayBuffer()))).toEqual(expected);
});

it("keeps connections for the next question", async () => {
  handle = (_, response) => response.end("{}");
  for (let call = 0; call < 5; call++) await post();
  expect(connections).toBe(1);
});

it.each([
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["br", brotliCompressSync],
] as const)("reads an answer in %s, which it did not ask for", async (encoding, compress) => {
  handle = ({ headers }, response) => {
    expect(headers["accept-encoding"]).toBeUndefined();
    response.writeHead(200, { "content-encoding": encoding }).end(compress("an answer"));
  };
  expect(await (await post()).text()).toBe("an answer");
});

it("fails as fetch does: nobody there, hung up before and in the answer, an unknown encoding", async () => {
  const failure = async (act: typeof handle) => {
    handle = act;
    const error = await post().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe("fetch failed");
    return (error as { cause: { code?: string; message: string } }).cause;
  };
  expect(await failure(({ socket }) => socket.destroy())).toMatchObject({ code: "ECONNRESET" });
  expect(
    await failure((_, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("half", () => response.socket!.destroy());
    }),
  ).toMatchObject({ code: "ECONNRESET" });
  expect(
    (await failure((_, response) => response.writeHead(200, { "content-encoding": "xz" }).end("x"))).message,
  ).toMatch(/unknown encoding "xz"/);
  const gone = await leanFetch("http://127.0.0.1:1/", { method: "POST", body: "{}" }).catch(
    (thrown: unknown) => thrown,
  );
  expect((gone as { cause: unknown }).cause).toMatchObject({ code: "ECONNREFUSED" });
});

it("ends with the reason of its signal, before and while it waits, and leaves the signal alone afterwards", async () => {
  handle = (_, response) => response.end("{}");
  const reason = new Error("enough");
  await expect(post({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const stop = new AbortController();
  const removed = vi.spyOn(stop.signal, "removeEventListener");
  await post({ signal: stop.signal });
  expect(removed).toHaveBeenCalledTimes(1);
  handle = () => stop.abort(reason);
  await expect(post({ signal: stop.signal })).rejects.toBe(reason);
});

it("refuses an answer that is longer than memory should hold", async () => {
  handle = (_, response) => {
    const more = () => {
      while (response.writable && response.write(Buffer.alloc(1 << 20)));
      response.once("drain", more);
    };
    more();
  };
  await expect(post()).rejects.toMatchObject({ cause: { message: expect.stringContaining("longer than") } });
});

it("leaves to fetch what it is not made for: redirections, other methods, bodies that are no text", async () => {
  handle = ({ url: path }, response, body) => {
    if (path!.startsWith("/v1/ask")) response.writeHead(307, { location: "/elsewhere" }).end();
    else response.end(`${path} ${body}`);
  };
  expect(await (await post()).text()).toBe('/elsewhere {"q":"ü"}');
  const other = url.replace("/v1/ask", "/other");
  const bytes = new TextEncoder().encode("bytes");
  expect(await (await leanFetch(other, { method: "POST", body: bytes })).text()).toBe("/other?x=1 bytes");
  expect(await (await leanFetch(other)).text()).toBe("/other?x=1 ");
});

it("leaves everything to a fetch that somebody has put in its place, and to where a proxy is set", async () => {
  handle = (_, response) => response.end("not this");
  const fetch = vi.fn(async () => new Response("theirs"));
  vi.stubGlobal("fetch", fetch);
  expect(await (await post()).text()).toBe("theirs");
  vi.unstubAllGlobals();
  const dispatcher = Symbol.for("undici.globalDispatcher.1");
  const globals = globalThis as Record<symbol, unknown>;
  const before = globals[dispatcher];
  class ProxyAgent {
    dispatch = () => {
      throw new Error("through the proxy");
    };
  }
  try {
    globals[dispatcher] = new ProxyAgent();
    await expect(post()).rejects.toMatchObject({ cause: { message: "through the proxy" } });
  } finally {
    globals[dispatcher] = before;
  }
});
