import * as official from "@huggingface/hub";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startHub, type TestHub } from "../support/hub/hub.mjs";

/** The test Hub is one to `@huggingface/hub`: what the other tests of this folder see is what the client of the Hub's makers sees. */

let hub: TestHub;
const repo = { type: "dataset", name: "me/chats" } as const;
beforeEach(async () => {
  hub = await startHub();
});
afterEach(() => hub.close());

const access = () => ({ repo, hubUrl: hub.url, accessToken: "hf_writer" });
const shaOf = async (revision = "main") =>
  (await official.datasetInfo({ ...access(), name: repo.name, revision, additionalFields: ["sha"] })).sha;
const listed = async (options: object = {}) => {
  const found = [];
  for await (const file of official.listFiles({ ...access(), recursive: true, ...options })) found.push(file);
  return found;
};
const upload = (files: Record<string, string | Uint8Array<ArrayBuffer>>) =>
  official.uploadFiles({
    ...access(),
    files: Object.entries(files).map(([path, content]) => ({ path, content: new Blob([content]) })),
  });
const textOf = async (path: string, revision = "main") =>
  await (await official.downloadFile({ ...access(), path, revision, xet: false }))?.text();

describe("the test Hub serves @huggingface/hub", () => {
  it("whoAmI, createRepo, repoExists, deleteRepo", async () => {
    expect(await official.whoAmI(access())).toMatchObject({ type: "user", name: "me" });
    expect(await official.repoExists(access())).toBe(false);
    expect((await official.createRepo({ ...access(), visibility: "private" })).id).toBe("me/chats");
    expect(await official.repoExists(access())).toBe(true);
    await expect(official.createRepo(access())).rejects.toMatchObject({ statusCode: 409 });
    await official.deleteRepo(access());
    expect(await official.repoExists(access())).toBe(false);
  });

  it.each([
    ["whole, from another origin", {}],
    ["in parts", { partBytes: 1000 }],
    ["whole, without redirects", { redirects: false }],
  ])("uploads and downloads: %s", async (_, knobs) => {
    Object.assign(hub.knobs, knobs);
    hub.create("me/chats");
    const large = new Uint8Array(4321).map((_, index) => index * 7);
    const { commit } = (await upload({ "README.md": "# Grüße\n", "a b/ä.parquet": large, "x.parquet": "tiny" })) ?? {};
    expect(commit?.oid).toBe(await shaOf());
    expect((await listed()).map(({ type, path, size }) => [type, path, size])).toEqual([
      ["file", ".gitattributes", 46],
      ["file", "README.md", 10],
      ["directory", "a b", 0],
      ["file", "a b/ä.parquet", 4321],
      ["file", "x.parquet", 4],
    ]);
    expect(await textOf("README.md")).toBe("# Grüße\n");
    expect(await textOf("x.parquet")).toBe("tiny");
    const blob = await official.downloadFile({ ...access(), path: "a%20b/%C3%A4.parquet", xet: false });
    expect(new Uint8Array(await blob!.arrayBuffer())).toEqual(large);
    expect(new Uint8Array(await blob!.slice(1000, 1010).arrayBuffer())).toEqual(large.subarray(1000, 1010));
    expect(await official.downloadFile({ ...access(), path: "none.parquet" })).toBeNull();
    expect(await official.fileExists({ ...access(), path: "x.parquet" })).toBe(true);
    expect(await official.fileExists({ ...access(), path: "none" })).toBe(false);
    const [info] = await official.pathsInfo({ ...access(), paths: ["x.parquet"] });
    expect(info).toMatchObject({ path: "x.parquet", lfs: { size: 4 } });
    expect(hub.log.filter(({ origin, hasToken }) => origin === hub.storageUrl && hasToken)).toEqual([]);
  });

  it("commits on a parent, deletes, lists commits; a stale parent is 412", async () => {
    hub.create("me/chats");
    const first = await shaOf();
    await official.commit({
      ...access(),
      title: "two",
      parentCommit: first,
      operations: [
        { operation: "addOrUpdate", path: "a.txt", content: new Blob(["a"]) },
        { operation: "addOrUpdate", path: "b.txt", content: new Blob(["b"]) },
      ],
    });
    const stale = official.commit({
      ...access(),
      title: "late",
      parentCommit: first,
      operations: [{ operation: "delete", path: "a.txt" }],
    });
    await expect(stale).rejects.toMatchObject({ statusCode: 412 });
    await official.deleteFile({ ...access(), path: "a.txt", commitTitle: "without a" });
    const titles = [];
    for await (const { title } of official.listCommits({ ...access(), batchSize: 2 })) titles.push(title);
    expect(titles).toEqual(["without a", "two", "initial commit"]);
    expect((await listed()).map(({ path }) => path)).toEqual([".gitattributes", "b.txt"]);
    expect(await textOf("a.txt", first)).toBeUndefined();
  });

  it("branches, with slashes too; long lists are in pages", async () => {
    hub.knobs.treePage = 2;
    hub.create("me/chats");
    await upload({ "a.txt": "a", "b.txt": "b", "c.txt": "c" });
    await official.createBranch({ ...access(), branch: "try/1" });
    await expect(official.createBranch({ ...access(), branch: "try/1" })).rejects.toMatchObject({ statusCode: 409 });
    await official.uploadFile({ ...access(), branch: "try/1", file: { path: "d.txt", content: new Blob(["d"]) } });
    expect(await listed({ revision: encodeURIComponent("try/1") })).toHaveLength(5);
    expect(await listed()).toHaveLength(4);
    await official.deleteBranch({ ...access(), branch: "try/1" });
    await expect(shaOf("try/1")).rejects.toMatchObject({ statusCode: 404 });
  });

  it("tells strangers, readers and the admitted apart", async () => {
    hub.create("me/chats", { isPrivate: true });
    hub.create("other/gated", { gated: "manual" }).commit("main", {
      title: "x",
      changes: [{ key: "file", value: { path: "x.txt", content: "x" } }],
    });
    const anonymous = { repo, hubUrl: hub.url };
    await expect(official.checkRepoAccess(anonymous)).rejects.toMatchObject({ statusCode: 401 });
    await expect(official.checkRepoAccess({ ...anonymous, accessToken: "hf_nobody" })).rejects.toMatchObject({
      statusCode: 401,
    });
    await official.checkRepoAccess(access());
    const gated = { ...access(), repo: { type: "dataset", name: "other/gated" } as const, path: "x.txt" };
    await expect(official.downloadFile(gated)).rejects.toMatchObject({ statusCode: 403 });
    hub.repo("other/gated")!.admitted.add("me");
    expect(await (await official.downloadFile(gated))!.text()).toBe("x");
    await expect(
      official.uploadFile({ ...gated, file: { path: "y", content: new Blob(["y"]) } }),
    ).rejects.toMatchObject({ statusCode: 403 });
  });
});
