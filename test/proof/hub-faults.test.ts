import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { HubCheckpointManager } from "../../src/checkpoints/hub-checkpoint-manager.js";
import { decodeManifest } from "../../src/checkpoints/manifest.js";
import { CorruptCheckpointError, HubError, UnknownOutcomeError } from "../../src/errors.js";
import { rowType } from "../../src/rows/row-type.js";
import { LONG, SEED } from "../crash/scale.js";
import { type HubFault, type HubRequest, startHub, type TestHub } from "../support/hub/hub.mjs";
import { seededIndex, seededRandom } from "../support/random.js";

/** Pushes and pulls from two places, while every fourth request goes wrong: no revision is lost, torn or mixed. */

const OPERATIONS = LONG ? 1000 : 30;
const NAMES = ["alpha", "beta", "gamma"];
const FAULT_SHARE = 0.25;

const Note = rowType({
  name: "notes",
  key: "id",
  columns: [
    { name: "id", type: "text" },
    { name: "label", type: "text" },
  ],
});
/** All rows of a save say which one it is, and how many they are follows from that. */
const rowsOf = (label: number) =>
  Array.from({ length: (label * 37) % 301 }, (_, n) => ({ id: `n${n}`, label: String(label) }));

let hub: TestHub;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

const answer = (status: number) => ({ status, headers: { "retry-after": "0" }, body: Buffer.from("{}") });

function faultOf(request: HubRequest, random: () => number): HubFault | undefined {
  if (random() > FAULT_SHARE) return undefined;
  const isCommit = request.path.includes("/commit/");
  const isFile = /\/resolve\/|^\/object\//.test(request.path);
  const faults: HubFault[] = [
    { answer: answer(429) },
    { answer: answer(500) },
    { answer: answer(503) },
    { reset: "before" },
    { reset: "after" },
    { answerAfter: answer(504) },
    { cutAt: seededIndex(random, 500) },
    { stallAt: seededIndex(random, 500) },
    { resetUploadAt: seededIndex(random, 500) },
    ...(isCommit ? [{ answer: answer(409) }, { answer: answer(412) }] : []),
    ...(isFile ? [{ flipAt: seededIndex(random, 5000) }, { flipAt: seededIndex(random, 5000) }] : []),
  ];
  return faults[seededIndex(random, faults.length)];
}

it(`${OPERATIONS} pushes and pulls under random faults: no revision is lost, torn or mixed`, async () => {
  const random = seededRandom(SEED);
  const options = {
    hubToken: "hf_writer",
    cacheBytes: 0,
    hubRetryBaseMs: 1,
    // What a busy machine is silent for is no fault.
    hubTimeoutMs: LONG ? 150 : 400,
    hubAttempts: 3,
    keepRevisions: 2,
  };
  const managers = [hub.url, `${hub.url}/`].map(
    (hubUrl) => new HubCheckpointManager("me/chats", { ...options, hubUrl }),
  );
  /** What each name may hold: one label, more where nobody could tell; 0 is nothing. */
  const may = new Map<string, Set<number>>(NAMES.map((name) => [name, new Set([0])]));
  const counts = { saved: 0, deleted: 0, loaded: 0, failed: 0, unknown: 0, faults: 0 };
  const certain: string[] = [];
  let label = 0;
  hub.onRequest((request) => {
    const fault = faultOf(request, random);
    if (fault) counts.faults++;
    return fault;
  });

  const load = async (manager: HubCheckpointManager, name: string) => {
    const rows = await manager.loadCheckpoint(name, Note);
    const found = rows === undefined ? 0 : rows.length === 0 ? -1 : Number(rows[0]!.label);
    expect(rows ?? []).toEqual(found > 0 ? rowsOf(found) : []);
    return found;
  };
  const operate = async (manager: HubCheckpointManager, name: string, kind: number) => {
    const before = may.get(name)!;
    try {
      if (kind < 4) {
        const found = await load(manager, name);
        counts.loaded++;
        const isEmpty = (one: number) => one > 0 && rowsOf(one).length === 0;
        expect(
          [...before].some((one) => one === found || (found === -1 && isEmpty(one))),
          `${name}: ${found}`,
        ).toBe(true);
      } else if (kind < 9) {
        const mine = ++label;
        may.set(name, new Set([...before, mine]));
        await manager.saveCheckpoint(name, rowsOf(mine), Note, { madeFrom: { label: mine } });
        may.set(name, new Set([mine]));
        certain.push(`Save ${name}: ${rowsOf(mine).length} ${rowsOf(mine).length === 1 ? "row" : "rows"}`);
        counts.saved++;
      } else {
        may.set(name, new Set([...before, 0]));
        if (await manager.deleteCheckpoint(name)) {
          certain.push(`Delete ${name}`);
          counts.deleted++;
        }
        may.set(name, new Set([0]));
      }
    } catch (error) {
      if (error instanceof UnknownOutcomeError) counts.unknown++;
      else if (error instanceof CorruptCheckpointError && kind < 4) {
        // Wrong on the way twice in a row: said, and not given as rows.
        counts.failed++;
      } else {
        expect(error, String((error as Error).stack)).toBeInstanceOf(HubError);
        // "damaged": wrong on the way, and again when it was fetched once more.
        expect((error as HubError).kind).toMatch(/unavailable|conflict|damaged/);
        counts.failed++;
        // It was not done.
        may.set(name, before);
      }
    }
  };
  for (let done = 0; done < OPERATIONS; done += 2) {
    // Two at once, of two names.
    const first = seededIndex(random, NAMES.length);
    const second = (first + 1 + seededIndex(random, NAMES.length - 1)) % NAMES.length;
    await Promise.all([
      operate(managers[0]!, NAMES[first]!, seededIndex(random, 10)),
      operate(managers[1]!, NAMES[second]!, seededIndex(random, 10)),
    ]);
  }

  hub.onRequest(() => undefined);
  for (const name of NAMES) {
    const found = await load(managers[0]!, name);
    expect([...may.get(name)!].some((one) => one === found || (found === -1 && rowsOf(one).length === 0))).toBe(true);
  }
  const repo = hub.repo("me/chats")!;
  const log = repo.log(repo.branches.get("main")!);
  const titles = log.map(({ title }) => title).filter((title) => title !== "initial commit");
  const missing = subtract(certain, titles);
  const extra = subtract(titles, certain);
  expect(missing).toEqual([]);
  expect(extra.length).toBeLessThanOrEqual(counts.unknown);
  for (const { id } of log) assertWhole(hub, id);
  console.log(
    `hub faults: ${JSON.stringify({ operations: OPERATIONS, seed: SEED, ...counts, commits: titles.length, requests: hub.log.length })}`,
  );
  expect(counts.saved).toBeGreaterThan(OPERATIONS / 4);
  expect(counts.faults).toBeGreaterThan(OPERATIONS);
});

/** As often as they come. */
function subtract(all: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return all.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** In each commit: every file is described by one manifest and named by the card, and so is every earlier one that is kept. */
function assertWhole(hub: TestHub, commit: string): void {
  const files = hub.files("me/chats", commit);
  const manifests = [...files]
    .filter(([path]) => path.endsWith(".json"))
    .map(([path, bytes]) => ({ path, manifest: decodeManifest(bytes)! }));
  const visible = [...files.keys()].filter((path) => /^[^/]+\.parquet$/.test(path));
  for (const [path, bytes] of files) {
    if (!/\.parquet$|\.data$/.test(path)) continue;
    const identity = createHash("sha256").update(bytes).digest("hex");
    const folder = path.endsWith(".data") ? path.slice(0, path.lastIndexOf("/")) : `.kura/${path}`;
    const described = manifests.filter(
      (one) => one.path.startsWith(`${folder}/`) && one.manifest.identity === identity,
    );
    expect(described.length, `${commit} ${path}`).toBeGreaterThan(0);
    if (path.endsWith(".data")) continue;
    const newest = manifests
      .filter((one) => one.path.startsWith(`${folder}/`))
      .sort((a, b) => (a.path < b.path ? 1 : -1))[0]!;
    expect(newest.manifest.identity, `${commit} ${path}`).toBe(identity);
    expect(newest.manifest.bytes).toBe(bytes.length);
  }
  const card = files.get("README.md")?.toString() ?? "---\n---";
  const { configs = [] } = (parse(card.split("---")[1]!) ?? {}) as { configs?: { data_files: { path: string }[] }[] };
  expect(configs.map(({ data_files }) => data_files[0]!.path).sort()).toEqual(visible.sort());
}
