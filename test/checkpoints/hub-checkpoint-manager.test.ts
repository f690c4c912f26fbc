import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  HubCheckpointManager,
  type HubCheckpointManagerOptions,
} from "../../src/checkpoints/hub-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { MultiCheckpointManager } from "../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { CorruptCheckpointError, HubError, StorageError, UnknownOutcomeError } from "../../src/errors.js";
import { rowType } from "../../src/rows/row-type.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import { type HubFault, type HubRequest, startHub, type TestHub } from "../support/hub/hub.mjs";

const Note = rowType({
  name: "notes",
  key: "id",
  columns: [
    { name: "id", type: "text" },
    { name: "score", type: "int32" },
    { name: "body", type: "text" },
  ],
});
const notes = (count: number, body = "x") =>
  Array.from({ length: count }, (_, n) => ({ id: `n${n}`, score: n % 100, body: `${body} ${n}` }));

let hub: TestHub;
beforeEach(async () => {
  hub = await startHub();
});
afterEach(() => hub.close());

const open = (options: HubCheckpointManagerOptions = {}) =>
  new HubCheckpointManager("me/chats", {
    hubUrl: hub.url,
    hubToken: "hf_writer",
    hubTimeoutMs: 10_000,
    hubAttempts: 3,
    hubRetryBaseMs: 5,
    cacheBytes: 0,
    ...options,
  });
const repo = () => hub.repo("me/chats")!;
const titles = () =>
  repo()
    .log(repo().branches.get("main")!)
    .map(({ title }) => title);
const sent = () => hub.log.filter(({ method }) => method === "PUT").reduce((sum, { bytesIn }) => sum + bytesIn, 0);
const fetched = () =>
  hub.log.filter(({ path }) => path.startsWith("/object/")).reduce((sum, { bytesOut }) => sum + bytesOut, 0);
const collect = async <T>(items: AsyncIterable<T>) => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};
/** At the first request that this is true of. */
const once = (is: (request: HubRequest) => boolean, act: () => HubFault | undefined): void => {
  let done = false;
  hub.onRequest((request) => {
    if (done || !is(request)) return undefined;
    done = true;
    return act();
  });
};
const isCommit = ({ path }: HubRequest) => path.includes("/commit/");

describe("HubCheckpointManager", () => {
  it("asks nobody before it has to", async () => {
    open();
    expect(() => new HubCheckpointManager("me/a b")).toThrow(TypeError);
    expect(() => open({ hubRevision: "a..b" })).toThrow(TypeError);
    expect(() => open({ hubToken: "a b" })).toThrow(/^Cannot use the token that was given to access the Hub/);
    expect(() => open({ hubUrl: "https://me:secret@hub.test" })).toThrow(
      /^Cannot use "https:\/\/…@hub.test" as the address/,
    );
    await expect(open().saveCheckpoint("../x", [])).rejects.toThrow(TypeError);
    expect(hub.log).toEqual([]);
  });

  it("reading what is not there makes no dataset; nor does deleting", async () => {
    const manager = open();
    expect(await manager.loadCheckpoint("notes")).toBeUndefined();
    expect(await manager.listCheckpoints()).toEqual([]);
    expect(await manager.deleteCheckpoint("notes")).toBe(false);
    expect(hub.repo("me/chats")).toBeUndefined();
  });

  it("a save is one commit on its parent; a deletion too", async () => {
    const manager = open({ private: true });
    await manager.saveCheckpoint("notes", notes(2), Note);
    await manager.saveCheckpoint("notes", notes(1), Note);
    await manager.deleteCheckpoint("notes");
    expect(titles()).toEqual(["Delete notes", "Save notes: 1 row", "Save notes: 2 rows", "initial commit"]);
    expect(repo().isPrivate).toBe(true);
    expect((await collect(manager.log())).map(({ title }) => title)).toEqual(titles());
  });

  it("sends nothing that the Hub has", async () => {
    const manager = open();
    await manager.saveCheckpoint("notes", notes(1000), Note);
    const before = sent();
    await manager.saveCheckpoint("notes", notes(1000), Note);
    await manager.saveCheckpoint("copy", notes(1000), Note);
    await manager.saveCheckpoint("notes", notes(3), Note);
    const small = sent() - before;
    expect(small).toBeLessThan(before / 4);
    await manager.restoreRevision("notes", (await manager.listRevisions("notes"))[1]!.id);
    expect(sent() - before).toBe(small);
    expect(await manager.loadCheckpoint("notes", Note)).toEqual(notes(1000));
  });

  it("a download of the dataset is a directory of checkpoints", async () => {
    const manager = open();
    await manager.saveCheckpoint("notes", notes(10), Note, { madeFrom: { n: 1 } });
    await manager.saveCheckpoint("notes", notes(20), Note, { madeFrom: { n: 2 } });
    const directory = mkdtempSync(join(tmpdir(), "kura-hub-clone-"));
    for (const [path, bytes] of hub.files("me/chats")) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), bytes);
    }
    const local = new ParquetCheckpointManager(directory);
    expect(await local.loadCheckpoint("notes", Note, { madeFrom: { n: 2 } })).toEqual(notes(20));
    expect(await local.getCheckpointInfo("notes", { check: true })).toMatchObject({ verified: "bytes", rows: 20 });
    await local.restoreRevision("notes", (await local.listRevisions("notes"))[1]!.id);
    expect(await local.loadCheckpoint("notes", Note)).toEqual(notes(10));
  });

  it("fetches the bytes of the columns and row groups that are asked for", async () => {
    const rows = process.env["KURA_LONG"] ? 1_000_000 : 60_000;
    const manager = open({ compression: "none", hubTimeoutMs: 60_000 });
    const pad = "0123456789".repeat(9);
    await manager.saveCheckpoint("notes", notes(rows, pad), Note);
    const { bytes } = (await manager.getCheckpointInfo("notes"))!;
    for (const [columns, most] of [
      [["score"], 0.05],
      [["id", "score"], 0.15],
    ] as const) {
      hub.log.length = 0;
      const found = await manager.filterCheckpoint("notes", { score: 7 }, Note, { columns });
      expect(found).toHaveLength(rows / 100);
      const megabytes = (count: number) => `${(count / 1e6).toFixed(1)} MB`;
      console.log(
        `a filter on a column, giving ${columns.join(" and ")}, fetched ${megabytes(fetched())} of ${megabytes(bytes)} in ${hub.log.length} requests`,
      );
      expect(fetched() / bytes).toBeLessThan(most);
    }
    hub.log.length = 0;
    expect(await manager.filterCheckpoint("notes", { id: "n77" }, Note)).toHaveLength(1);
    expect(fetched() / bytes).toBeLessThan(0.3);
    hub.log.length = 0;
    await manager.getCheckpointInfo("notes");
    expect(fetched()).toBe(0);
  });

  it("reads what it has read from its cache", async () => {
    const cacheDirectory = mkdtempSync(join(tmpdir(), "kura-hub-cache-"));
    const manager = open({ cacheDirectory, cacheBytes: 1e8 });
    await manager.saveCheckpoint("notes", notes(5000), Note);
    await manager.loadCheckpoint("notes", Note);
    hub.log.length = 0;
    const again = open({ cacheDirectory, cacheBytes: 1e8 });
    expect(await again.loadCheckpoint("notes", Note)).toEqual(notes(5000));
    expect(hub.log.filter(({ path }) => path.includes("/resolve/") || path.startsWith("/object/"))).toEqual([]);
  });

  it("a wrong byte on the way is fetched again; one that stays wrong is no data, and not kept", async () => {
    const cacheDirectory = mkdtempSync(join(tmpdir(), "kura-hub-cache-"));
    const manager = open({ cacheDirectory, cacheBytes: 1e8 });
    await manager.saveCheckpoint("notes", notes(5000), Note);
    once(
      ({ path }) => path.startsWith("/object/"),
      () => ({ flipAt: 1000 }),
    );
    expect(await manager.loadCheckpoint("notes", Note)).toEqual(notes(5000));
    await manager.saveCheckpoint("notes", notes(6000), Note);
    hub.onRequest(({ path }) => (path.startsWith("/object/") ? { flipAt: 1000 } : undefined));
    await expect(manager.loadCheckpoint("notes", Note)).rejects.toThrow(CorruptCheckpointError);
    hub.onRequest(() => undefined);
    expect(await manager.loadCheckpoint("notes", Note)).toEqual(notes(6000));
  });

  it("a stream goes on with the commit it began with, over broken connections", async () => {
    const manager = open();
    await manager.saveCheckpoint("notes", notes(30_000), Note);
    let broken = 0;
    hub.onRequest(({ path }) => (path.startsWith("/object/") && broken++ % 3 === 0 ? { cutAt: 20_000 } : undefined));
    const seen: unknown[] = [];
    for await (const row of manager.streamCheckpoint("notes", Note)) {
      if (seen.push(row) === 1) await open().saveCheckpoint("notes", notes(1), Note);
    }
    expect(seen).toEqual(notes(30_000));
    expect(broken).toBeGreaterThan(3);
  });

  it("branches, tags and commits are versions", async () => {
    const manager = open();
    await manager.saveCheckpoint("notes", notes(1), Note);
    await manager.tag("v1/first", { message: "one" });
    const [{ id: commit } = { id: "" }] = await collect(manager.log());
    const branch = open({ hubRevision: "try/it" });
    expect(await branch.loadCheckpoint("notes")).toBeUndefined();
    await branch.saveCheckpoint("notes", notes(2), Note);
    await manager.saveCheckpoint("notes", notes(3), Note);
    const lengths = [];
    for (const hubRevision of ["v1/first", commit, commit.slice(0, 10), "try/it", "main"])
      lengths.push((await open({ hubRevision }).loadCheckpoint("notes", Note))!.length);
    expect(lengths).toEqual([1, 1, 1, 2, 3]);
    const { branches, tags } = await manager.refs();
    expect([...branches.keys(), ...tags.keys()]).toEqual(["main", "try/it", "v1/first"]);
    for (const hubRevision of ["v1/first", commit])
      await expect(open({ hubRevision }).saveCheckpoint("notes", [], Note)).rejects.toThrow(
        /is a tag or a commit, which stays/,
      );
    expect(open({ hubRevision: "v1/first" }).loadLine("notes")).toBe(
      'datasets.load_dataset("me/chats", name="notes", split="train", revision="v1/first")',
    );
    await expect(manager.tag("v1/first")).rejects.toThrow(/there is a tag of that name/);
  });

  it("a branch that is not there yet begins with what the main one has, also as one of several copies", async () => {
    await open().saveCheckpoint("notes", notes(1), Note);
    const branch = open({ hubRevision: "try/it" });
    expect(await branch.loadCheckpoint("notes")).toBeUndefined();
    const local = new JSONLCheckpointManager(new MemoryStorage());
    const both = new MultiCheckpointManager([local, branch]);
    await both.saveCheckpoint("notes", notes(2), Note);
    expect(await branch.loadCheckpoint("notes", Note)).toEqual(notes(2));
    expect((await branch.listRevisions("notes")).map(({ rows }) => rows)).toEqual([2, 1]);
    expect(await open().loadCheckpoint("notes", Note)).toEqual(notes(1));
    await open({ hubRevision: "empty" }).prepare();
    expect(await open({ hubRevision: "empty" }).listCheckpoints()).toEqual(["notes"]);
  });

  it("keeps what the user wrote in the card, and commits that were made meanwhile", async () => {
    const manager = open();
    await manager.saveCheckpoint("notes", notes(1), Note);
    once(isCommit, () => {
      const content = hub.files("me/chats").get("README.md")!.toString().replace("# chats", "# Our chats");
      repo().commit("main", {
        title: "card",
        changes: [
          { key: "file", value: { path: "README.md", content } },
          { key: "file", value: { path: "theirs.txt", content: "theirs" } },
        ],
      });
      return undefined;
    });
    await manager.saveCheckpoint("others", notes(2), Note);
    expect(titles().slice(0, 3)).toEqual(["Save others: 2 rows", "card", "Save notes: 1 row"]);
    expect(hub.files("me/chats").get("README.md")!.toString()).toMatch(/# Our chats[\s\S]*`others`/);
    expect(hub.files("me/chats").has("theirs.txt")).toBe(true);
  });

  it("who saves the same name elsewhere at the same time comes before, and is kept", async () => {
    const manager = open({ keepRevisions: 5 });
    await manager.saveCheckpoint("notes", notes(1), Note);
    // Another spelling of the address, so that they do not wait for each other as writers of one process do.
    const elsewhere = open({ keepRevisions: 5, hubUrl: `${hub.url}/` });
    let times = 0;
    hub.onRequest(async (request) => {
      if (isCommit(request) && ++times === 1) await elsewhere.saveCheckpoint("notes", notes(7), Note);
      return undefined;
    });
    await manager.saveCheckpoint("notes", notes(2), Note);
    const revisions = await manager.listRevisions("notes");
    expect(revisions.map(({ rows }) => rows)).toEqual([2, 7, 1]);
    expect(revisions.map(({ parent }) => parent)).toEqual([revisions[1]!.id, revisions[2]!.id, null]);
    expect(titles()).toHaveLength(4);
  });

  it("ten writers in two places: every save is in one chain, and nothing else is", async () => {
    const managers = [open({ keepRevisions: 20 }), open({ keepRevisions: 20, hubUrl: `${hub.url}/` })];
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        managers[n % 2]!.saveCheckpoint(n % 3 ? "notes" : "others", notes(n + 1), Note),
      ),
    );
    for (const [name, rows] of [
      ["notes", [2, 3, 5, 6, 8, 9]],
      ["others", [1, 4, 7, 10]],
    ] as const) {
      const revisions = await managers[0]!.listRevisions(name);
      expect(revisions.map(({ rows }) => rows!).sort((a, b) => a - b)).toEqual(rows);
      revisions.forEach(({ parent }, index) => {
        expect(parent).toBe(revisions[index + 1]?.id ?? null);
      });
    }
    expect(titles()).toHaveLength(11);
  });

  it.each([
    ["a conflict", { answer: { status: 412, headers: {}, body: Buffer.from("{}") } }],
    ["a busy Hub", { answer: { status: 409, headers: {}, body: Buffer.from("{}") } }],
    ["a broken connection before", { reset: "before" }],
    ["a lost answer", { reset: "after" }],
    ["a proxy that gives up on what is done", { answerAfter: { status: 504, headers: {}, body: Buffer.alloc(0) } }],
    ["silence before", { stall: "before" }],
  ] satisfies [string, HubFault][])("%s of a commit: it is made once", async (_, fault) => {
    const manager = open("stall" in fault ? { hubTimeoutMs: 500 } : {});
    await manager.saveCheckpoint("notes", notes(1), Note);
    once(isCommit, () => fault);
    const info = await manager.saveCheckpoint("notes", notes(2), Note);
    expect(titles()).toEqual(["Save notes: 2 rows", "Save notes: 1 row", "initial commit"]);
    expect(await manager.loadCheckpoint("notes", Note)).toEqual(notes(2));
    expect((await manager.getCheckpointInfo("notes"))!.revision).toEqual(info.revision);
  });

  it("where nobody can tell whether a commit was made, that is said", async () => {
    const manager = open();
    await manager.saveCheckpoint("notes", notes(1), Note);
    let gone = false;
    hub.onRequest((request) => {
      if (gone) return { reset: "before" };
      gone = isCommit(request);
      return gone ? { reset: "after" } : undefined;
    });
    const error = await manager.saveCheckpoint("notes", notes(2), Note).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(UnknownOutcomeError);
    expect((error as Error).message).toMatch(
      /was made: the connection broke, and the Hub cannot be asked; do it again/,
    );
    hub.onRequest(() => undefined);
    await manager.saveCheckpoint("notes", notes(2), Note);
    expect(await manager.loadCheckpoint("notes", Note)).toEqual(notes(2));
  });

  it("also where only the log, which would tell it, cannot be read", async () => {
    const manager = open();
    await manager.saveCheckpoint("notes", notes(1), Note);
    let isLost = false;
    hub.onRequest((request) => {
      if (isCommit(request) && !isLost) {
        isLost = true;
        return { reset: "after" };
      }
      return isLost && request.path.includes("/commits/") ? { reset: "before" } : undefined;
    });
    await expect(manager.saveCheckpoint("notes", notes(2), Note)).rejects.toThrow(UnknownOutcomeError);
    hub.onRequest(() => undefined);
    expect(await manager.loadCheckpoint("notes", Note)).toEqual(notes(2));
  });

  it("a Hub that is not there is an error that says so, and leaves no temporary files", async () => {
    const manager = open({ hubUrl: "http://127.0.0.1:9" });
    const error = await manager
      .saveCheckpoint("notes", notes(100_000, "y".repeat(100)), Note)
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(HubError);
    expect(error).toMatchObject({ kind: "unavailable" });
    await expect(manager.loadCheckpoint("notes")).rejects.toThrow(/nothing answers there/);
    const left = readdirSync(join(tmpdir(), "kura-ts")).filter((name) => name.endsWith(".tmp"));
    expect(left).toEqual([]);
  });

  it("where there is no room for what is to be sent, that is said", async () => {
    const noPlace = join(mkdtempSync(join(tmpdir(), "kura-hub-no-place-")), "file");
    writeFileSync(noPlace, "");
    vi.stubEnv("TMPDIR", noPlace);
    const rows = Array.from({ length: 5000 }, (_, n) => ({ id: `n${n}`, body: randomBytes(700).toString("hex") }));
    const error = await open({ compression: "none" })
      .saveCheckpoint("notes", rows)
      .catch((reason: unknown) => reason);
    vi.unstubAllEnvs();
    expect(error).toBeInstanceOf(StorageError);
    expect((error as Error).message).toBe(
      `Cannot keep what is to be sent in "${join(noPlace, "kura-ts")}": a part of the path is not a directory`,
    );
  });

  it("nothing that is printed of it, kept by it or said by it holds the token", async () => {
    const events: unknown[] = [];
    const manager = open({ onEvent: (event) => events.push(event) });
    await manager.saveCheckpoint("notes", notes(3), Note);
    await manager.loadCheckpoint("notes");
    expect(inspect(manager, { depth: 20, showHidden: true })).not.toContain("hf_writer");
    expect(JSON.stringify(events)).not.toContain("hf_writer");
    for (const bytes of hub.files("me/chats").values()) expect(bytes.toString("latin1")).not.toContain("hf_writer");
  });

  it("a file that somebody uploaded is read, unverified, and kept when it is displaced", async () => {
    const directory = mkdtempSync(join(tmpdir(), "kura-hub-upload-"));
    const { files } = await new ParquetCheckpointManager(directory).saveCheckpoint("notes", notes(4), Note);
    const { readFileSync } = await import("node:fs");
    const content = readFileSync(join(directory, files[0]!));
    const manager = open();
    await manager.saveCheckpoint("others", notes(1), Note);
    const other = open({ hubRevision: "main" });
    await uploadAs(content, "notes.parquet");
    expect(await other.getCheckpointInfo("notes")).toMatchObject({ verified: false });
    expect(await other.loadCheckpoint("notes", Note)).toEqual(notes(4));
    await other.saveCheckpoint("notes", notes(5), Note);
    expect((await other.listRevisions("notes")).map(({ ours }) => ours)).toEqual([true, false]);
  });

  it("refuses a card that nobody can read, and changes nothing", async () => {
    const manager = open();
    await manager.saveCheckpoint("notes", notes(1), Note);
    repo().commit("main", {
      title: "bad",
      changes: [{ key: "file", value: { path: "README.md", content: "---\na: [1\n---\n" } }],
    });
    await expect(manager.saveCheckpoint("notes", notes(2), Note)).rejects.toThrow(/correct it there/);
    expect(await manager.loadCheckpoint("notes", Note)).toEqual(notes(1));
  });

  it("a directory of a newer version is left alone", async () => {
    const manager = open();
    await manager.saveCheckpoint("notes", notes(1), Note);
    repo().commit("main", {
      title: "newer",
      changes: [{ key: "file", value: { path: ".kura/format", content: "99\n" } }],
    });
    await expect(manager.loadCheckpoint("notes")).rejects.toThrow(/install a newer kura-ts/);
    await expect(manager.saveCheckpoint("notes", [], Note)).rejects.toThrow(/install a newer kura-ts/);
  });

  it("takes no file that has parts", async () => {
    await expect(open().storage.create("x", "y")).rejects.toThrow(StorageError);
  });
});

async function uploadAs(content: Buffer<ArrayBuffer>, path: string): Promise<void> {
  const { uploadFile } = await import("@huggingface/hub");
  const file = { path, content: new Blob([content]) };
  await uploadFile({ repo: "datasets/me/chats", hubUrl: hub.url, accessToken: "hf_writer", file });
}
