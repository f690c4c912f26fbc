/**
 * A Hub of datasets on loopback, in memory, for tests: it speaks to the official clients as the real one does, and misbehaves as it is told.
 */
import { createServer } from "node:http";
import { Access } from "./access.mjs";
import { json, refusal } from "./answers.mjs";
import { DATASET_ROUTES, SITE_ROUTES } from "./api.mjs";
import { download, lfsBatch, STORAGE_ROUTES } from "./files.mjs";
import { Objects } from "./objects.mjs";
import { Refused, Repository } from "./repository.mjs";

const DEFAULT_TOKENS = { hf_writer: { name: "me", role: "write", orgs: ["acme"] } };

export async function startHub({ tokens = DEFAULT_TOKENS, port = 0, record = false, ...knobs } = {}) {
  const hub = {
    objects: new Objects(),
    repos: new Map(),
    access: new Access(tokens),
    /** Large files come from the store, by a redirect. */
    redirects: true,
    /** Uploads are in parts of so many bytes. */
    partBytes: undefined,
    largeBytes: undefined,
    treePage: undefined,
    /** What makes the links of the store valid. */
    signature: "1",
    /** How a dataset that was renamed answers to its old name; the Hub by 307, relative. */
    renamedStatus: 307,
    renamed: new Map(),
    ...knobs,
  };
  const log = [];
  const exchanges = [];
  const everyRepo = new Map();
  const sockets = new Set();
  let fault = () => undefined;

  const serve = async (server, origin, handle) => {
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    server.on("request", async (incoming, outgoing) => {
      const { socket } = incoming;
      const entry = await note(incoming, origin());
      log.push(entry);
      incoming.on("error", () => {});
      outgoing.on("error", () => {});
      const told = (await fault(entry)) ?? {};
      if (told.delayMs) await new Promise((resolve) => setTimeout(resolve, told.delayMs));
      if (told.reset === "before") return socket.destroy();
      if (told.stall === "before") return undefined;
      let body;
      try {
        body = await bodyOf(incoming, told.resetUploadAt);
      } catch {
        return socket.destroy();
      }
      entry.bytesIn = body.length;
      let answer = told.answer;
      if (!answer) {
        try {
          answer = handle({ ...entry, body, headers: incoming.headers });
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          answer = refusal(error.status, error.message, error.code);
        }
      }
      // What was done is done, and the answer to it is lost.
      if (told.reset === "after") return socket.destroy();
      if (told.answerAfter) answer = told.answerAfter;
      if (record) {
        for (const [id, repo] of hub.repos) everyRepo.set(id, repo);
        const request = { ...entry, path: incoming.url, headers: incoming.headers, body };
        exchanges.push({ request, answer });
      }
      send(entry, incoming.method, outgoing, answer, told);
      return undefined;
    });
    await new Promise((resolve) => server.listen(origin === hubOrigin ? port : 0, "127.0.0.1", resolve));
  };

  const site = createServer();
  const store = createServer();
  const urlOf = (server) => `http://127.0.0.1:${server.address().port}`;
  const hubOrigin = () => urlOf(site);
  const storeOrigin = () => urlOf(store);
  await serve(site, hubOrigin, (request) => answerOf(hub, request));
  await serve(store, storeOrigin, (request) => storageAnswerOf(hub, request));
  hub.storageUrl = storeOrigin();

  return {
    url: hubOrigin(),
    storageUrl: hub.storageUrl,
    knobs: hub,
    log,
    /** With `record`: requests and the answers to them, whole. */
    exchanges,
    /** Also those that were deleted. */
    everyRepo,
    /** Told of each request before it is answered; what it gives is done to it. */
    onRequest(decide) {
      fault = decide;
    },
    create(id, options = {}) {
      const repo = new Repository(id, { objects: hub.objects, ...options });
      hub.repos.set(id, repo);
      return repo;
    },
    repo: (id) => hub.repos.get(id),
    rename(id, to) {
      hub.repos.set(to, Object.assign(hub.repos.get(id), { id: to }));
      hub.repos.delete(id);
      hub.renamed.set(id, to);
    },
    /** What a branch holds: paths and bytes. */
    files(id, revision = "main") {
      const repo = hub.repos.get(id);
      return new Map([...repo.treeAt(repo.resolve(revision))].map(([path, file]) => [path, hub.objects.bytesOf(file)]));
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([site, store].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

/** What is known of a request before it is answered; the answer adds its status and bytes. */
async function note({ method, url, headers }, origin) {
  const { pathname, searchParams, href } = new URL(url, origin);
  return {
    method,
    url: href,
    origin,
    path: pathname,
    query: searchParams,
    range: headers.range,
    hasToken: headers.authorization !== undefined,
    userAgent: headers["user-agent"],
    bytesIn: 0,
    bytesOut: 0,
    status: undefined,
  };
}

async function bodyOf(incoming, resetAt = Number.POSITIVE_INFINITY) {
  const chunks = [];
  let length = 0;
  for await (const chunk of incoming) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > resetAt) throw new Error("reset");
  }
  return Buffer.concat(chunks);
}

function send(entry, method, outgoing, { status, headers, body }, { cutAt, stallAt, flipAt }) {
  const bytes = flipAt === undefined || body.length === 0 ? body : flipped(body, flipAt % body.length);
  entry.status = status;
  outgoing.writeHead(status, { ...headers, "content-length": bytes.length });
  if (method === "HEAD" || bytes.length === 0) return outgoing.end();
  const part = cutAt ?? stallAt;
  if (part === undefined || part >= bytes.length) {
    entry.bytesOut = bytes.length;
    return outgoing.end(bytes);
  }
  entry.bytesOut = part;
  outgoing.flushHeaders();
  return outgoing.write(bytes.subarray(0, part), () => {
    // Without a pause the reset would take back what was sent.
    if (cutAt !== undefined) setTimeout(() => outgoing.socket?.destroy(), 5);
  });
}

function flipped(body, at) {
  const copy = Buffer.from(body);
  copy[at] ^= 1;
  return copy;
}

function answerOf(hub, request) {
  const { user, answer } = hub.access.identify(request);
  if (answer) return answer;
  const { method, path } = request;
  for (const [from, to] of hub.renamed) {
    const old = `/datasets/${from}`;
    if (!path.includes(`${old}/`) && !path.includes(`${old}.git/`)) continue;
    const location = request.url.slice(request.origin.length).replace(old, `/datasets/${to}`);
    return { status: hub.renamedStatus, headers: { location }, body: Buffer.alloc(0) };
  }
  const asked = { ...request, user };
  const site = match(SITE_ROUTES, method, path);
  if (site) return site.handle(hub, asked, ...site.words);
  if (path === "/lfs-verify") return json(200, {});

  const [, api, rest = ""] = /^\/api\/datasets\/([^/]+\/[^/]+)(\/.*)?$/.exec(path) ?? [];
  if (api !== undefined) {
    const route = match(DATASET_ROUTES, method, rest);
    if (!route) return refusal(404, `Unknown endpoint ${path}`);
    return withRepo(hub, asked, api, route.access, (found) => route.handle(hub, found, ...route.words));
  }
  const [, lfs] = /^\/datasets\/([^/]+\/[^/]+)\.git\/info\/lfs\/objects\/batch$/.exec(path) ?? [];
  if (lfs !== undefined && method === "POST")
    return withRepo(hub, asked, lfs, "write", (found) => lfsBatch(hub, found));
  const [, id, kind, revision, file] = /^\/datasets\/([^/]+\/[^/]+)\/(resolve|raw)\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (id !== undefined && (method === "GET" || method === "HEAD")) {
    return withRepo(hub, asked, id, "know", (found) =>
      download(hub, found, kind, decodeURIComponent(revision), decodeURIComponent(file)),
    );
  }
  return refusal(404, `Unknown page ${path}`);
}

function storageAnswerOf(hub, request) {
  const route = match(STORAGE_ROUTES, request.method, request.path);
  return route ? route.handle(hub, request, ...route.words) : refusal(404, `Unknown object ${request.path}`);
}

function withRepo(hub, request, encodedId, access, handle) {
  const repo = hub.repos.get(decodeURIComponent(encodedId));
  if (!repo || !hub.access.mayKnow(request.user, repo)) return hub.access.hidden(request.user);
  const refused = access === "write" ? hub.access.refuseWriting(request.user, repo.id.split("/")[0]) : undefined;
  return refused ?? handle({ ...request, repo });
}

function match(routes, method, path) {
  for (const [wanted, pattern, ...rest] of routes) {
    const words = pattern.exec(path);
    if (!words || !(wanted === method || (wanted === "GET" && method === "HEAD"))) continue;
    const [access, handle] = rest.length === 2 ? rest : [undefined, rest[0]];
    return {
      handle,
      access,
      words: words.slice(1).map((word) => (word === undefined ? word : decodeURIComponent(word))),
    };
  }
  return undefined;
}
