import { afterAll, afterEach, expect, it, vi } from "vitest";
import { LocalStorage } from "../../src/storage/local.js";
import { stateKey } from "../support/crash-states.js";
import { interceptFileSystem } from "../support/intercept-file-system.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { Scheduler } from "../support/scheduled-file-system.js";
import { LONG, SEED } from "./scale.js";
import { buryLockHolders, DIRECTORY, PARENT } from "./subject.js";

const RUNS = LONG ? 500 : 25;
const counts = { holds: 0, crashStates: 0 };
afterAll(() =>
  console.log(`locks, seed ${SEED}: ${counts.holds} holds, ${counts.crashStates} crash states taken over`),
);
afterEach(() => {
  vi.useRealTimers();
});

async function disk(): Promise<PowerLossFileSystem> {
  const fs = new PowerLossFileSystem();
  await fs.mkdir(PARENT);
  await fs.syncDirectory("/");
  return fs;
}

it(`a lock has one holder at a time (${RUNS} interleavings of 3 writers)`, async () => {
  for (let run = 0; run < RUNS; run++) {
    const fs = await disk();
    const scheduler = new Scheduler(SEED * 1000 + run);
    let holders = 0;
    const writer = async (): Promise<void> => {
      const mine = scheduler.task(fs);
      const storage = new LocalStorage(DIRECTORY, { fileSystem: mine });
      for (let i = 0; i < 4; i++) {
        const lock = await storage.lock("notes.jsonl");
        holders += 1;
        expect(holders).toBe(1);
        for (let call = 0; call < 3; call++) await mine.stat("/");
        await lock.assertHeld();
        expect(holders).toBe(1);
        holders -= 1;
        await lock.release();
        counts.holds += 1;
      }
    };
    await Promise.all([writer(), writer(), writer()]);
    expect(fs.openHandles).toBe(0);
  }
});

it("whatever a crash leaves of lock files, the next process gets the lock", async () => {
  const fs = await disk();
  const states = new Map<string, PowerLossFileSystem>();
  const watched = interceptFileSystem(fs, async (_call, run) => {
    for (const state of [fs.clone(), ...fs.crashStates({ cap: 300, seed: SEED }).states])
      states.set(stateKey(state), state);
    return await run();
  });
  const storage = new LocalStorage(DIRECTORY, { fileSystem: watched });
  for (let i = 0; i < 3; i++) await (await storage.lock("notes.jsonl")).release();
  expect(states.size).toBeGreaterThan(100);

  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
  for (const state of states.values()) {
    // Holders whose name can be read are known to be dead; the others are waited for.
    buryLockHolders(state, { torn: false });
    const taking = new LocalStorage(DIRECTORY, { fileSystem: state }).lock("notes.jsonl", { waitMs: 60_000 });
    let lock: Awaited<typeof taking> | undefined;
    taking.then((taken) => {
      lock = taken;
    });
    for (let waitedMs = 0; !lock && waitedMs <= 10_000; waitedMs += 500) await vi.advanceTimersByTimeAsync(500);
    expect(lock).toBeDefined();
    await lock!.assertHeld();
    await lock!.release();
    counts.crashStates += 1;
  }
});
