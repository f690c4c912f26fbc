import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HubCheckpointManager } from "../../src/checkpoints/hub-checkpoint-manager.js";
import { rowType } from "../../src/rows/row-type.js";
import { LONG } from "../crash/scale.js";
import { startHub, type TestHub } from "../support/hub/hub.mjs";
import { ownLibrary } from "../support/own-library.js";

/** What a process needs that saves a dataset, streams it and filters it: no more of ten times as many rows. */

const ROWS = 1_000_000;

const COLUMNS = [
  { name: "score", type: "int32" },
  { name: "body", type: "text" },
] as const;
const Note = rowType({ name: "notes", columns: COLUMNS });
function* notes(count: number) {
  for (let n = 0; n < count; n++) yield { score: n % 100, body: `${n} ${"0123456789".repeat(10)}` };
}

let scratch: string;
let library: string;
let hub: TestHub;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "kura-hub-memory-"));
  [library, hub] = await Promise.all([ownLibrary(scratch), startHub()]);
}, 120_000);
afterAll(async () => {
  await hub?.close();
  await rm(scratch, { recursive: true, force: true });
});

/** @returns The most memory that a process had at once which does this with the dataset, in MB. */
async function peakOf(dataset: string, work: string): Promise<number> {
  // Of what resourceUsage() says the process that started it is a part.
  const script = `
    import { readFileSync } from "node:fs";
    import { HubCheckpointManager, rowType } from ${JSON.stringify(pathToFileURL(join(library, "index.js")).href)};
    const options = { hubUrl: ${JSON.stringify(hub.url)}, hubToken: "hf_writer", compression: "none", cacheBytes: 10_000_000 };
    const manager = new HubCheckpointManager(${JSON.stringify(dataset)}, options);
    const Note = rowType(${JSON.stringify({ name: "notes", columns: COLUMNS })});
    ${work}
    console.log(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    env: { ...process.env, XDG_CACHE_HOME: join(scratch, "cache") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return Math.round(Number(await text(child.stdout)) / 1024);
}

const STREAM = "for await (const { score } of manager.streamCheckpoint('notes', Note)) if (score > 99) throw score;";
/** Other bytes: of the same nothing would be sent. */
const SAVE = `
  const others = async function* () {
    for await (const { score, body } of manager.streamCheckpoint("notes", Note)) yield { score: 99 - score, body };
  };
  await manager.saveCheckpoint("others", others(), Note);`;

it.runIf(LONG && process.platform === "linux")(
  "a dataset of ten times the size is streamed and saved in the same memory",
  async () => {
    const peaks: { bytes: number; streamed: number; saved: number }[] = [];
    for (const count of [ROWS / 10, ROWS]) {
      const dataset = `me/rows-${count}`;
      const options = { hubUrl: hub.url, hubToken: "hf_writer", compression: "none", cacheBytes: 0 } as const;
      const { bytes } = await new HubCheckpointManager(dataset, options).saveCheckpoint("notes", notes(count), Note);
      peaks.push({ bytes, streamed: await peakOf(dataset, STREAM), saved: await peakOf(dataset, SAVE) });
    }
    for (const { bytes, streamed, saved } of peaks)
      console.log(
        `hub memory: ${(bytes / 1e6).toFixed(1)} MB streamed in ${streamed}, streamed and saved in ${saved} MB`,
      );
    const [small, large] = peaks as [(typeof peaks)[0], (typeof peaks)[0]];
    expect(large.bytes).toBeGreaterThan(9 * small.bytes);
    for (const what of ["streamed", "saved"] as const) {
      expect(small[what]).toBeGreaterThan(0);
      expect(large[what] - small[what]).toBeLessThan(large.bytes / 1e6 / 2);
    }
  },
);
