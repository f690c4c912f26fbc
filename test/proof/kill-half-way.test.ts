import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Tally } from "../../src/checkpoints/answers/answers.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { LONG, SEED } from "../crash/scale.js";
import { ownLibrary } from "../support/own-library.js";
import { seededRandom } from "../support/random.js";
import { replyTo, startCountingServer } from "./counting-server.js";

const CALLS = LONG ? 10_000 : 400;
const CONCURRENCY = 50;
const CHILD = fileURLToPath(new URL("map-child.mjs", import.meta.url));

let scratch: string;
let library: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "kura-half-way-"));
  library = await ownLibrary(scratch);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function ended(child: ChildProcess): Promise<{ signal: NodeJS.Signals | null; said: string; complaint: string }> {
  const closed = new Promise<NodeJS.Signals | null>((resolve) => child.on("close", (_, signal) => resolve(signal)));
  const [said, complaint, signal] = await Promise.all([text(child.stdout!), text(child.stderr!), closed]);
  return { signal, said, complaint };
}

it(`killed at half of ${CALLS} calls, ${CONCURRENCY} at once, a map goes on and pays for nothing twice but what was under way`, async () => {
  const directory = join(scratch, "checkpoints");
  const random = seededRandom(SEED);
  let child: ChildProcess;
  const server = await startCountingServer({
    delayMs: () => 1 + random() * 12,
    onCall: (total) => {
      if (total === CALLS / 2) child.kill("SIGKILL");
    },
  });
  try {
    const start = () => {
      const args = [CHILD, library, directory, server.url, String(CALLS), String(CONCURRENCY)];
      child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
      return ended(child);
    };
    expect(await start()).toMatchObject({ signal: "SIGKILL", said: "", complaint: "" });
    // Some more may have come before it was dead.
    const paidByFirst = server.total;
    const begun = new Set(server.calls.keys());
    const manager = new JSONLCheckpointManager(directory);
    expect(await manager.loadCheckpoint("replies")).toBeUndefined();

    const second = await start();
    expect(second).toMatchObject({ signal: null, complaint: "" });
    const { paid, reused } = JSON.parse(second.said) as Tally;
    const again = [...server.calls].filter(([, calls]) => calls > 1);
    console.log(
      `killed half way, seed ${SEED}: ${CALLS} calls, ${CONCURRENCY} at once; ${paidByFirst} calls before the kill, ${paid} after it and ${reused} found; ` +
        `${again.length} made again, ${((100 * server.total) / CALLS).toFixed(2)} % of one pass`,
    );
    expect(server.mostInFlight).toBeLessThanOrEqual(CONCURRENCY);
    expect(again.filter(([id, calls]) => calls > 2 || !begun.has(id))).toEqual([]);
    expect(again.length).toBeLessThanOrEqual(CONCURRENCY);
    expect(paid + reused).toBe(CALLS);
    expect(server.total).toBe(paidByFirst + paid);
    if (LONG) expect(server.total).toBeLessThanOrEqual(1.01 * CALLS);
    const rows = Array.from({ length: CALLS }, (_, number) => ({ id: `${number}`, reply: replyTo(`${number}`) }));
    expect(await manager.loadCheckpoint("replies")).toEqual(rows);
    expect(await manager.getCheckpointInfo("replies", { check: true })).toMatchObject({ complete: true, rows: CALLS });
  } finally {
    await server.stop();
  }
});
