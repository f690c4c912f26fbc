import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contentOf } from "../../src/hub/content.js";
import { type HubFile, HubRepo, type HubRepoOptions } from "../../src/hub/repo.js";
import { startHub, type TestHub } from "../support/hub/hub.mjs";

let hub: TestHub;
beforeEach(async () => {
  hub = await startHub();
});
afterEach(() => hub.close());

const open = (options: HubRepoOptions = {}, id = "me/chats") =>
  HubRepo.open(id, { hubUrl: hub.url, token: "hf_writer", retryBaseMs: 1, stallMs: 2000, ...options });
const text = (value: string) => contentOf(Buffer.from(value));

async function put(repo: HubRepo, files: Record<string, string>, branch = "main"): Promise<string> {
  const parent = (await repo.head(branch))!;
  const changes = Object.entries(files).map(([path, value]) => ({ path, content: text(value) }));
  return await repo.commit(branch, await repo.prepare(branch, changes), { parent, title: "put" });
}

async function textAt(repo: HubRepo, commit: string, path: string): Promise<string> {
  const file = (await repo.tree(commit)).get(path)!;
  return Buffer.from(await repo.read(commit, file, 0, file.byteLength)).toString();
}

describe("HubRepo", () => {
  it("makes the dataset once, and finds its head", async () => {
    const repo = await open();
    expect(await repo.whoAmI()).toBe("me");
    expect(await repo.head("main")).toBeUndefined();
    expect(await repo.create({ isPrivate: true })).toBe(true);
    expect(await repo.create()).toBe(false);
    expect(hub.repo("me/chats")!.isPrivate).toBe(true);
    expect(await repo.head("main")).toBe(hub.repo("me/chats")!.branches.get("main"));
    expect(await repo.head("none")).toBeUndefined();
  });

  it.each([
    ["in one piece", {}],
    ["in parts", { partBytes: 1000 }],
    ["with all of it in git", { largeBytes: 1e9, redirects: false }],
  ])("commits small and large files, copies and deletions: %s", async (_, knobs) => {
    Object.assign(hub.knobs, knobs);
    hub.create("me/chats");
    const repo = await open();
    const large = "0123456789".repeat(500);
    const first = await put(repo, { "a.txt": "a", "big.parquet": large, "ordner/ü ñ#%?.json": "{}" });
    expect(await textAt(repo, first, "big.parquet")).toBe(large);
    expect(await textAt(repo, first, "ordner/ü ñ#%?.json")).toBe("{}");
    const tree = await repo.tree(first);
    const changes = await repo.prepare("main", [
      { path: "copy.data", copyOf: tree.get("big.parquet")! },
      { path: "a.txt", deleted: true },
    ]);
    const uploads = () => hub.log.filter(({ method }) => method === "PUT").length;
    const before = uploads();
    const second = await repo.commit("main", changes, { parent: first, title: "copy", description: "why" });
    expect(uploads()).toBe(before);
    expect(await textAt(repo, second, "copy.data")).toBe(large);
    expect([...(await repo.tree(second)).keys()].sort()).toEqual(
      [".gitattributes", "big.parquet", "copy.data", "ordner/ü ñ#%?.json"].sort(),
    );
    expect(await textAt(repo, first, "a.txt")).toBe("a");
    const commits = [];
    for await (const { id, title, message } of repo.log("main")) commits.push([id, title, message]);
    expect(commits.slice(0, 2)).toEqual([
      [second, "copy", "why"],
      [first, "put", ""],
    ]);
  });

  it("does not send again what the Hub has", async () => {
    hub.create("me/chats");
    const repo = await open();
    await put(repo, { "big.parquet": "same" });
    const sent = hub.log.filter(({ method }) => method === "PUT").length;
    await put(repo, { "other.parquet": "same" });
    expect(hub.log.filter(({ method }) => method === "PUT")).toHaveLength(sent);
  });

  it("reads ranges, and only these", async () => {
    hub.create("me/chats");
    const repo = await open();
    const commit = await put(repo, { "big.parquet": "0123456789".repeat(1000) });
    const file = (await repo.tree(commit)).get("big.parquet")!;
    hub.log.length = 0;
    expect(Buffer.from(await repo.read(commit, file, 5, 15)).toString()).toBe("5678901234");
    expect(Buffer.from(await repo.read(commit, file, 9999, 10000)).toString()).toBe("9");
    expect(await repo.read(commit, file, 7, 7)).toHaveLength(0);
    expect(hub.log.reduce((sum, { bytesOut }) => sum + bytesOut, 0)).toBe(11);
    await expect(repo.read(commit, file, 9999, 10001)).rejects.toThrow(RangeError);
  });

  it("branches and tags, with slashes too, and what is at them", async () => {
    hub.create("me/chats");
    const repo = await open();
    const first = await put(repo, { "a.txt": "1" });
    await repo.createBranch("try/1", { from: first });
    await expect(repo.createBranch("try/1")).rejects.toMatchObject({ kind: "conflict" });
    const second = await put(repo, { "a.txt": "2" }, "try/1");
    await repo.tag("v1.0/α", first, { message: "the first" });
    await repo.tag("v1.0/α", first);
    await expect(repo.tag("v1.0/α", second)).rejects.toThrow(/there is a tag of that name/);
    expect(await repo.head("v1.0/α")).toBe(first);
    expect(await repo.head("try/1")).toBe(second);
    expect(await repo.head(second.slice(0, 8))).toBe(second);
    const { branches, tags } = await repo.refs();
    expect(Object.fromEntries(branches)).toEqual({ main: first, "try/1": second });
    expect(Object.fromEntries(tags)).toEqual({ "v1.0/α": first });
    await repo.deleteTag("v1.0/α");
    await repo.deleteBranch("try/1");
    expect(await repo.head("v1.0/α")).toBeUndefined();
    expect(await repo.head("try/1")).toBeUndefined();
  });

  it("long lists come in pages", async () => {
    hub.knobs.treePage = 3;
    hub.create("me/chats");
    const repo = await open();
    const commit = await put(repo, Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`${n}.txt`, `${n}`])));
    expect((await repo.tree(commit)).size).toBe(11);
    for (let n = 0; n < 120; n++) hub.repo("me/chats")!.commit("main", { title: `${n}`, changes: [] });
    let count = 0;
    for await (const _ of repo.log("main")) count++;
    expect(count).toBe(122);
  });

  it("goes on where a connection broke, as often as something came", async () => {
    hub.create("me/chats");
    const repo = await open({ attempts: 3 });
    const whole = "0123456789".repeat(1000);
    const commit = await put(repo, { "big.parquet": whole });
    const file = (await repo.tree(commit)).get("big.parquet")!;
    let broken = 0;
    hub.log.length = 0;
    hub.onRequest(({ origin }) => (origin === hub.storageUrl && broken++ < 9 ? { cutAt: 1000 } : undefined));
    expect(Buffer.from(await repo.read(commit, file, 0, whole.length)).toString()).toBe(whole);
    expect(hub.log.reduce((sum, { bytesOut }) => sum + bytesOut, 0)).toBe(whole.length);
    expect(broken).toBe(10);
  });

  it("is content with a server that knows no ranges", async () => {
    hub.create("me/chats");
    const repo = await open();
    const commit = await put(repo, { "a.txt": "0123456789" });
    const file = (await repo.tree(commit)).get("a.txt") as HubFile;
    hub.onRequest(({ path }) =>
      path.includes("/resolve/")
        ? { answer: { status: 200, headers: {}, body: Buffer.from("0123456789") } }
        : undefined,
    );
    expect(Buffer.from(await repo.read(commit, file, 3, 6)).toString()).toBe("345");
  });

  it.each([307, 308] as const)(
    "of a dataset that was renamed all works by its old name, as the Hub leads on (%i)",
    async (status) => {
      const repo = await open();
      await repo.create();
      hub.rename("me/chats", "me/talks");
      hub.knobs.renamedStatus = status;
      const commit = await put(repo, { "a.txt": "small", "b.parquet": "large" });
      expect(await textAt(repo, commit, "a.txt")).toBe("small");
      expect(await textAt(repo, commit, "b.parquet")).toBe("large");
      await repo.tag("v1", "main");
      await repo.createBranch("try/it", { from: commit });
      await repo.deleteBranch("try/it");
      expect([...(await repo.refs()).tags.keys()]).toEqual(["v1"]);
      expect(hub.files("me/talks").get("b.parquet")!.toString()).toBe("large");
      expect(hub.repo("me/chats")).toBeUndefined();
    },
  );

  it("sends the token to the Hub, and to nobody else", async () => {
    hub.create("me/chats", { isPrivate: true });
    const repo = await open();
    const commit = await put(repo, { "big.parquet": "rows", "a.txt": "a" });
    await textAt(repo, commit, "big.parquet");
    expect(hub.log.some(({ origin }) => origin === hub.storageUrl)).toBe(true);
    for (const { origin, hasToken } of hub.log) expect(hasToken).toBe(origin === hub.url);
  });

  it("an upload that breaks off is sent again, whole", async () => {
    hub.create("me/chats");
    const repo = await open();
    let breaks = 0;
    hub.onRequest(({ method }) => (method === "PUT" && breaks++ < 2 ? { resetUploadAt: 100_000 } : undefined));
    const large = "x".repeat(3_000_000);
    const commit = await put(repo, { "big.parquet": large });
    expect(breaks).toBe(3);
    expect(await textAt(repo, commit, "big.parquet")).toBe(large);
  });
});
