import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HubCheckpointManager } from "../../src/checkpoints/hub-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { LONG } from "../crash/scale.js";
import { startHub, type TestHub } from "../support/hub/hub.mjs";
import { ownLibrary } from "../support/own-library.js";

/** A `kura push` that is killed at any of its requests, and made again, leaves what one leaves that was not. */

let scratch: string;
let library: string;
let hub: TestHub;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "kura-hub-kill-"));
  [library, hub] = await Promise.all([ownLibrary(scratch), startHub({ partBytes: 30_000 })]);
}, 120_000);
afterAll(async () => {
  await hub?.close();
  await rm(scratch, { recursive: true, force: true });
});

const rows = (label: string, count: number) =>
  Array.from({ length: count }, (_, n) => ({ id: n, label: `${label} ${n * 7919}` }));

async function push(dataset: string, directory: string): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [join(library, "cli/bin.js"), "push", dataset, "--out", directory], {
    env: { ...process.env, HF_ENDPOINT: hub.url, HF_TOKEN: "hf_writer" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running = child;
  const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [out, error, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, said: out + error };
}
let running: ReturnType<typeof spawn>;

/** Paths and what is in them; of the card what does not name the dataset. */
function contents(dataset: string): [string, string][] {
  return [...hub.files(dataset)]
    .map(([path, bytes]): [string, string] => [
      path,
      bytes.toString("latin1").replaceAll(dataset, "X").replace(/# \S+/, "# X"),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

it("killed at any request and made again, a push leaves the same dataset", async () => {
  const directory = join(scratch, "checkpoints");
  const local = new JSONLCheckpointManager(directory);
  const prepare = async (dataset: string) => {
    await rm(directory, { recursive: true, force: true });
    await local.saveCheckpoint("notes", first);
    expect((await push(dataset, directory)).code).toBe(0);
  };
  const first = rows("first", 200);
  await prepare("me/whole");
  // The second state of it, with all that makes it unlike another.
  await local.saveCheckpoint("notes", rows("second", 6000));
  await local.saveCheckpoint("others", rows("others", 10));
  hub.log.length = 0;
  expect((await push("me/whole", directory)).code).toBe(0);
  const requests = hub.log.length;
  const wanted = contents("me/whole");
  const whole = hub.repo("me/whole")!;
  const before = whole.log(whole.branches.get("main")!)[2]!.id;

  const oids = (commit: string) => [...whole.treeAt(commit).values()].flatMap(({ lfs }) => lfs ?? []);
  const sent = oids(whole.branches.get("main")!).filter((oid) => !oids(before).includes(oid));
  expect(sent.length).toBeGreaterThan(1);

  const steps = LONG ? 1 : Math.ceil(requests / 3);
  let killed = 0;
  for (let at = 1; at <= requests; at += steps) {
    const dataset = `me/killed-${at}`;
    // As it was before the second push.
    const repo = hub.create(dataset);
    repo.commits.set(before, whole.commits.get(before)!);
    repo.branches.set("main", before);
    for (const oid of sent) hub.knobs.objects.dropLarge(oid);
    let count = 0;
    hub.onRequest(async () => {
      if (++count !== at) return undefined;
      running.kill("SIGKILL");
      // By then it is dead; what it asked for is done all the same half of the times.
      return { delayMs: 20, ...(at % 2 ? { reset: "before" as const } : {}) };
    });
    const ended = await push(dataset, directory);
    hub.onRequest(() => undefined);
    if (ended.code === null) killed++;
    const manager = new HubCheckpointManager(dataset, { hubUrl: hub.url, hubToken: "hf_writer", cacheBytes: 0 });
    const found = (await manager.loadCheckpoint("notes")) as { label: string }[];
    expect([200, 6000]).toContain(found.length);
    expect(await manager.getCheckpointInfo("notes", { check: true })).toMatchObject({ verified: "bytes" });
    expect(await push(dataset, directory)).toMatchObject({ code: 0 });
    expect(contents(dataset), `killed at request ${at}`).toEqual(wanted);
  }
  console.log(`hub kill: ${killed} pushes killed, of ${requests} requests each`);
  expect(killed).toBeGreaterThanOrEqual(LONG ? requests - 5 : 2);
});
