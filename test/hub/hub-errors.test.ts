import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HubError } from "../../src/errors.js";
import { contentOf } from "../../src/hub/content.js";
import { HubRepo, type HubRepoOptions } from "../../src/hub/repo.js";
import { type HubAnswer, type HubFault, type HubRequest, startHub, type TestHub } from "../support/hub/hub.mjs";

/** What goes wrong with a Hub, what is done about it without asking, and what is said when nothing helps. */

const TOKEN = "hf_SeCrEtSeCrEtSeCrEt";
let hub: TestHub;
beforeEach(async () => {
  vi.stubEnv("HF_HOME", mkdtempSync(join(tmpdir(), "kura-hf-home-")));
  vi.stubEnv("HF_TOKEN", undefined);
  vi.stubEnv("HUGGING_FACE_HUB_TOKEN", undefined);
  vi.stubEnv("HF_TOKEN_PATH", undefined);
  vi.stubEnv("HF_ENDPOINT", undefined);
  vi.stubEnv("HF_HUB_OFFLINE", undefined);
  hub = await startHub({
    tokens: {
      [TOKEN]: { name: "me", role: "write" },
      hf_reader: { name: "me", role: "read" },
      hf_other: { name: "you", role: "write" },
    },
  });
  const repo = hub.create("me/chats");
  repo.commit("main", { title: "rows", changes: [{ key: "file", value: { path: "a.txt", content: "0123456789" } }] });
});
afterEach(() => hub.close());
afterAll(() => vi.unstubAllEnvs());

/** Only where silence is meant: what a busy machine does between two bytes may take as long. */
const STALL_MS = 150;
const open = (options: HubRepoOptions = {}, id = "me/chats") =>
  HubRepo.open(id, { hubUrl: hub.url, token: TOKEN, retryBaseMs: 1, attempts: 3, stallMs: 10_000, ...options });

async function read(repo: HubRepo): Promise<string> {
  const commit = (await repo.head("main"))!;
  const file = (await repo.tree(commit)).get("a.txt")!;
  return Buffer.from(await repo.read(commit, file, 0, file.byteLength)).toString();
}
async function write(repo: HubRepo, path = "b.txt"): Promise<string> {
  const parent = (await repo.head("main"))!;
  const content = contentOf(Buffer.from("b"));
  return await repo.commit("main", await repo.prepare("main", [{ path, content }]), { parent, title: "b" });
}
const answer = (status: number, headers: Record<string, string> = {}, body = ""): HubAnswer => ({
  status,
  headers,
  body: Buffer.from(body),
});
const on = (part: string, fault: HubFault, times = Number.POSITIVE_INFINITY) => {
  let left = times;
  hub.onRequest((request: HubRequest) => (request.url.includes(part) && left-- > 0 ? fault : undefined));
};

async function failure(work: Promise<unknown>): Promise<HubError> {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(HubError);
  // Whatever is printed of it: no token, no signed link.
  const printed = `${inspect(error, { depth: 20, showHidden: true })}${JSON.stringify(error)}${(error as Error).stack}`;
  expect(printed).not.toContain(TOKEN);
  expect(printed).not.toContain("signature=");
  return error as HubError;
}

describe("what may pass is tried again", () => {
  const passing: Record<string, HubFault> = {
    "429 with Retry-After": { answer: answer(429, { "retry-after": "0" }) },
    "429 with RateLimit": { answer: answer(429, { ratelimit: '"api";r=0;t=0' }) },
    "500": { answer: answer(500) },
    "502 of a proxy, in HTML": { answer: answer(502, { "content-type": "text/html" }, "<html>bad gateway</html>") },
    "503 with a date": { answer: answer(503, { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }) },
    "504": { answer: answer(504) },
    "a connection that breaks before an answer": { reset: "before" },
    "a connection that breaks after it was done": { reset: "after" },
    "a body that breaks off": { cutAt: 3 },
    "a body that stops": { stallAt: 3 },
    "no answer at all": { stall: "before" },
  };
  for (const [name, fault] of Object.entries(passing)) {
    const stallMs = fault.stall || fault.stallAt ? STALL_MS : undefined;
    it(`${name}, of a download`, async () => {
      const said: string[] = [];
      on("/resolve/", fault, 2);
      expect(await read(await open({ stallMs, onRetry: (message) => said.push(message) }))).toBe("0123456789");
      expect(said.length).toBeGreaterThan(0);
      expect(said.join()).not.toContain(TOKEN);
    });
    it(`${name}, of a list`, async () => {
      on("/tree/", fault, 2);
      expect(await read(await open({ stallMs }))).toBe("0123456789");
    });
  }

  it("429 waits for as long as is asked", async () => {
    on("/revision/", { answer: answer(429, { "retry-after": "1" }) }, 1);
    const started = performance.now();
    await (await open()).head("main");
    expect(performance.now() - started).toBeGreaterThan(900);
  });

  it("a link of the store that expired is asked for again", async () => {
    hub.repo("me/chats")!.commit("main", { title: "x", changes: [] });
    const repo = await open();
    const parent = (await repo.head("main"))!;
    const content = contentOf(Buffer.from("0123456789"));
    const commit = await repo.commit("main", await repo.prepare("main", [{ path: "x.parquet", content }]), {
      parent,
      title: "x",
    });
    const file = (await repo.tree(commit)).get("x.parquet")!;
    let expired = 2;
    hub.onRequest(({ path }) => (path.startsWith("/object/") && expired-- > 0 ? { answer: answer(403) } : undefined));
    expect(Buffer.from(await repo.read(commit, file, 2, 4)).toString()).toBe("23");
  });
});

describe("what does not pass is said, with what to do", () => {
  type Case = {
    does: (repo: HubRepo) => Promise<unknown>;
    options?: HubRepoOptions;
    id?: string;
    before?: () => void;
    says: RegExp;
    kind: HubError["kind"];
  };
  const cases: Record<string, Case> = {
    "no token, private dataset": {
      does: read,
      options: { token: "" },
      before: () => {
        hub.repo("me/chats")!.isPrivate = true;
      },
      kind: "access",
      says: /there is no token, and the dataset me\/chats is private.*set HF_TOKEN/,
    },
    "no token, writing": {
      does: write,
      options: { token: "" },
      kind: "access",
      says: /there is no token.*takes no changes/,
    },
    "wrong token": {
      does: read,
      options: { token: "hf_wrong" },
      kind: "access",
      says: /does not know the token \(the token that was given\)/,
    },
    "a token that may only read": {
      does: write,
      options: { token: "hf_reader" },
      kind: "access",
      says: /role "write"/,
    },
    "somebody else's dataset": { does: write, options: { token: "hf_other" }, kind: "access", says: /may not do this/ },
    "somebody else's namespace": {
      does: (repo) => repo.create(),
      id: "acme/chats",
      kind: "access",
      says: /Cannot make the dataset acme\/chats: .*namespace "acme"/,
    },
    "gated, no token": {
      does: read,
      options: { token: "" },
      before: () => {
        hub.repo("me/chats")!.gated = "manual";
      },
      kind: "access",
      says: /is gated, and there is no token; ask for access at http.*\/datasets\/me\/chats/,
    },
    "gated, not admitted": {
      does: read,
      options: { token: "hf_other" },
      before: () => {
        hub.repo("me/chats")!.gated = "auto";
      },
      kind: "access",
      says: /was not admitted; ask for access/,
    },
    "no such dataset": {
      does: (repo) => repo.refs(),
      id: "me/none",
      kind: "missing",
      says: /there is no dataset me\/none, or whose token this is/,
    },
    "no such revision": {
      does: (repo) => repo.tree("f".repeat(40)),
      kind: "missing",
      says: /no such branch, tag or commit/,
    },
    "tag of no revision": {
      does: (repo) => repo.tag("v1", "none"),
      kind: "missing",
      says: /tag "none".*no such branch/,
    },
    "no Hub at that address": {
      does: (repo) => repo.refs(),
      before: () => on("/refs", { answer: answer(200, { "content-type": "text/html" }, "<html>Welcome</html>") }),
      kind: "refused",
      says: /does not answer as a Hub does; correct hubUrl/,
    },
    "another site's 404": {
      does: (repo) => repo.head("main"),
      before: () => on("/revision/", { answer: answer(404, {}, "nginx") }),
      kind: "refused",
      says: /does not say what it lacks/,
    },
    "rate limit for an hour": {
      does: (repo) => repo.refs(),
      before: () => on("/refs", { answer: answer(429, { "retry-after": "3600" }) }),
      kind: "unavailable",
      says: /takes no more requests for now; try again in 3600 s/,
    },
    "out of order for good": {
      does: (repo) => repo.refs(),
      before: () => on("/refs", { answer: answer(503) }),
      kind: "unavailable",
      says: /out of order \(503\)/,
    },
    "silence for good": {
      does: (repo) => repo.refs(),
      before: () => on("/refs", { stall: "before" }),
      options: { stallMs: STALL_MS },
      kind: "unavailable",
      says: /nothing was heard for 0.15 s; check the network/,
    },
    "nobody there": {
      does: (repo) => repo.refs(),
      options: { hubUrl: "http://127.0.0.1:9" },
      kind: "unavailable",
      says: /127\.0\.0\.1:9: nothing answers there/,
    },
    "redirects in a circle": {
      does: (repo) => repo.refs(),
      before: () => on("/refs", { answer: answer(307, { location: "/api/datasets/me/chats/refs" }) }),
      kind: "refused",
      says: /from address to address, 10 times/,
    },
    "a list that is elsewhere": {
      does: (repo) => repo.refs(),
      before: () => on("/refs", { answer: answer(302, { location: "http://127.0.0.2:1/refs" }) }),
      kind: "refused",
      says: /leads to http:\/\/127\.0\.0\.2:1, which is another/,
    },
    "a commit that is to be made elsewhere": {
      does: write,
      before: () => on("/commit/", { answer: answer(307, { location: "http://127.0.0.2:1/x" }) }),
      kind: "refused",
      says: /leads what is to be sent to it to/,
    },
    "a commit to a dataset that was renamed, by a redirect that may mean that it was made": {
      does: write,
      before: () => {
        hub.rename("me/chats", "me/talks");
        hub.knobs.renamedStatus = 302;
      },
      kind: "refused",
      says: /me\/chats is me\/talks now: use that name/,
    },
    "a store that wants a transfer that was not offered": {
      does: (repo) => write(repo, "b.parquet"),
      before: () =>
        on("/objects/batch", {
          answer: answer(200, {}, JSON.stringify({ transfer: "xet", objects: [] })),
        }),
      kind: "refused",
      says: /takes large files by "xet" alone, which is not spoken here; push with Python's huggingface_hub/,
    },
    "a redirect to another protocol": {
      does: read,
      before: () => on("/resolve/", { answer: answer(302, { location: "ftp://127.0.0.1/rows" }) }),
      kind: "refused",
      says: /leads to ftp:\/\/127\.0\.0\.1, which is not safe/,
    },
    "a next page that is elsewhere": {
      does: read,
      before: () => on("/tree/", { answer: answer(200, { link: '<http://127.0.0.2:1/x>; rel="next"' }, "[]") }),
      kind: "refused",
      says: /its next page is at http:\/\/127\.0\.0\.2:1/,
    },
    "pages that lead in a circle": {
      does: read,
      before: () =>
        on("/tree/", { answer: answer(200, { link: `<${hub.url}/api/datasets/me/chats/tree/x>; rel="next"` }, "[]") }),
      kind: "refused",
      says: /its pages lead in a circle/,
    },
    "wrong bytes of a small file": {
      does: read,
      before: () => on("/resolve/", { flipAt: 4 }),
      kind: "damaged",
      says: /what came is not what the Hub says it has/,
    },
    "another range than was asked for": {
      does: read,
      before: () => on("/resolve/", { answer: answer(206, { "content-range": "bytes 5-9/10" }, "56789") }),
      kind: "damaged",
      says: /sends "bytes 5-9\/10" for those from 0 on/,
    },
    "a file of another length than listed": {
      does: read,
      before: () => on("/resolve/", { answer: answer(206, { "content-range": "bytes 0-4/5" }, "01234") }),
      kind: "damaged",
      says: /lists 10 bytes/,
    },
    "a file that is shorter than listed": {
      does: read,
      before: () => on("/resolve/", { answer: answer(416) }),
      kind: "damaged",
      says: /shorter than the Hub lists it/,
    },
    "a body that always breaks off at once": {
      does: read,
      before: () => on("/resolve/", { cutAt: 0 }),
      kind: "unavailable",
      says: /the connection broke/,
    },
    "a commit on an old head": {
      does: async (repo) => {
        const parent = (await repo.head("main"))!;
        await write(repo);
        return await repo.commit("main", [], { parent, title: "late" });
      },
      kind: "conflict",
      says: /changed meanwhile: A commit has happened since/,
    },
    "a path that git takes not": { does: (repo) => write(repo, "../x"), kind: "refused", says: /Invalid path/ },
    "a store that takes no upload": {
      does: (repo) => write(repo, "b.parquet"),
      before: () => on("/upload/", { answer: answer(400, {}, "<Error/>") }),
      kind: "unavailable",
      says: /the store of its files.*refuses \(400\)/,
    },
    "what the dataset's .gitignore leaves out": {
      does: write,
      before: () =>
        on("/preupload/", {
          answer: answer(
            200,
            {},
            JSON.stringify({ files: [{ path: "b.txt", uploadMode: "regular", shouldIgnore: true }] }),
          ),
        }),
      kind: "refused",
      says: /the \.gitignore of me\/chats leaves out "b\.txt"/,
    },
    "an answer that repeats the token and a signed link": {
      does: (repo) => repo.refs(),
      before: () =>
        on("/refs", {
          answer: answer(
            400,
            { "content-type": "application/json" },
            JSON.stringify({ error: `no ${TOKEN}\n\u001b[31m https://x.test/a?signature=1 ${"x".repeat(999)}` }),
          ),
        }),
      kind: "refused",
      says: /refuses \(400\): no … \[31m https:\/\/x\.test\/a\?… x+…$/,
    },
  };
  for (const [name, { does, options, id, before, kind, says }] of Object.entries(cases)) {
    it(name, async () => {
      before?.();
      const repo = await open(options, id);
      const error = await failure(does(repo));
      expect(error.message).toMatch(says);
      expect(error.kind).toBe(kind);
    });
  }

  it("where there was no answer at all, the next call does not wait for one as long", async () => {
    const repo = await open({ retryBaseMs: 100 });
    on("/refs", { reset: "before" });
    await failure(repo.refs());
    hub.log.length = 0;
    await failure(repo.refs());
    expect(hub.log).toHaveLength(1);
    hub.onRequest(() => undefined);
    expect(await read(repo)).toBe("0123456789");
    on("/refs", { reset: "before" }, 1);
    await repo.refs();
  });

  it("an abort ends a wait, with its reason", async () => {
    on("/refs", { stall: "before" });
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await expect((await open({ stallMs: 5000 })).refs({ signal: stop.signal })).rejects.toThrow("enough");
    on("/refs", { answer: answer(503, { "retry-after": "60" }) });
    const again = new AbortController();
    setTimeout(() => again.abort(new Error("enough")), 20);
    await expect((await open()).refs({ signal: again.signal })).rejects.toThrow("enough");
  });
});

describe("whose token, and which Hub", () => {
  it("a token that is given goes before HF_TOKEN, that before the file of `hf auth login`", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "kura-token-")), "token");
    writeFileSync(file, `${TOKEN}\n`);
    vi.stubEnv("HF_TOKEN_PATH", file);
    const by = async (options: HubRepoOptions = {}) =>
      (await HubRepo.open("me/chats", { hubUrl: hub.url, ...options })).whoAmI();
    expect(await by()).toBe("me");
    vi.stubEnv("HF_TOKEN", "hf_other");
    expect(await by()).toBe("you");
    expect(await by({ token: TOKEN })).toBe("me");
    vi.stubEnv("HF_TOKEN", "hf_wrong");
    await expect(by()).rejects.toThrow(/does not know the token \(HF_TOKEN\)/);
    expect((await HubRepo.open("me/chats", { hubUrl: hub.url, token: "" })).hasToken).toBe(false);
  });

  it("HF_HOME says where the file is, HF_ENDPOINT where the Hub is", async () => {
    const home = mkdtempSync(join(tmpdir(), "kura-hf-home-"));
    writeFileSync(join(home, "token"), TOKEN);
    vi.stubEnv("HF_HOME", home);
    vi.stubEnv("HF_ENDPOINT", `${hub.url}/`);
    const repo = await HubRepo.open("me/chats");
    expect(await repo.whoAmI()).toBe("me");
    expect(repo.url).toBe(`${hub.url}/datasets/me/chats`);
  });

  it("HF_HUB_OFFLINE keeps everything from the network, and is said at once", async () => {
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    const error = await failure(read(await open({ retryBaseMs: 60_000 })));
    expect(error).toMatchObject({
      kind: "refused",
      message: expect.stringMatching(/: HF_HUB_OFFLINE is set, so the Hub is not asked; unset it/),
    });
    expect(hub.log).toEqual([]);
    vi.stubEnv("HF_HUB_OFFLINE", "0");
    expect(await read(await open())).toBe("0123456789");
  });

  it("a token with a line break in it, or a Hub at no address, is refused without saying the token", async () => {
    const bad = await open({ token: `${TOKEN}\nx: y` }).catch((error: unknown) => error);
    expect(bad).toBeInstanceOf(TypeError);
    expect(inspect(bad)).not.toContain(TOKEN);
    for (const hubUrl of ["", "huggingface.co", "ftp://x", "https://me:pw@x", "https://x?y"])
      await expect(open({ hubUrl })).rejects.toThrow(/as the address of a Hub/);
  });

  it("nothing that is printed of a repo holds its token", async () => {
    expect(inspect(await open(), { depth: 20, showHidden: true })).not.toContain(TOKEN);
  });

  it.each([
    "",
    "chats",
    "me/",
    "me/a/b",
    "me/a b",
    "me/a--b",
    "me/a..b",
    "-me/a",
    "me/a.",
    "me/a.git",
    `me/${"x".repeat(96)}`,
    "ü/a",
    "me/a\n",
  ])("refuses %j as a dataset before asking anybody", async (id) => {
    await expect(open({}, id)).rejects.toThrow(TypeError);
    expect(hub.log).toEqual([]);
  });

  it.each([
    "a b",
    "a..b",
    "-a",
    "a~1",
    "a^",
    "a:b",
    "a?",
    "*",
    "[",
    "a\\b",
    "/a",
    "a/",
    "a//b",
    "a.",
    ".a",
    "a/.b",
    "a.lock",
    "@",
    "@{x",
    "f".repeat(40),
    "",
  ])("refuses %j as a branch or tag before asking anybody", async (name) => {
    const repo = await open();
    await expect(repo.createBranch(name)).rejects.toThrow(TypeError);
    await expect(repo.tag(name, "main")).rejects.toThrow(TypeError);
    expect(hub.log).toEqual([]);
  });
});
