import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { AnswerStore } from "../../src/checkpoints/answers/answer-store.js";
import { LocalStorage } from "../../src/storage/local.js";
import { LONG, SEED } from "../crash/scale.js";
import { ownLibrary } from "../support/own-library.js";
import { seededIndex, seededRandom } from "../support/random.js";
import { answerNumbered, isNeeded, keyNumbered } from "./kill-plan.mjs";
import { assertSame } from "./samples.js";

const KILLS = Number(process.env["KURA_KILLS"] ?? (LONG ? 2000 : 12));
/** Calls of the file system that a child makes in a few rounds, about, once there is something to read: kills are spread over all of them. */
const MOST_CALLS = 250;
const CHILD = fileURLToPath(new URL("kill-child.mjs", import.meta.url));

let scratch: string;
let library: string;
const hits = new Map<string, number>();

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "kura-kill-answers-"));
  library = await ownLibrary(scratch);
});

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
  const table = [...hits].sort().map(([where, count]) => `  ${where}: ${count}`);
  console.log(`answers, kills, seed ${SEED}: ${KILLS}\n${table.join("\n")}`);
});

interface Killed {
  readonly kept: number[];
  readonly begun: number[];
  /** How many of `kept` were in segments that the last collection went through, or undefined if none ended. */
  readonly collected: number | undefined;
  readonly round: number;
  readonly where: string;
}

/** Start a process, and kill it where it stopped as it was told to, or some time after it began. */
async function runAndKill(
  directory: string,
  first: number,
  stopAfter: number | undefined,
  afterMs: number,
): Promise<Killed> {
  const args = [CHILD, library, directory, String(first), String(stopAfter ?? "")];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const kept: number[] = [];
  const begun: number[] = [];
  let [closed, round, where, complaint] = [0, first - 1, "before", ""];
  let collected: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  for await (const line of createInterface({ input: child.stdout! })) {
    const [, word, rest = ""] = /^(\w+) ?(.*)$/.exec(line)!;
    if (stopAfter === undefined) timer ??= setTimeout(() => child.kill("SIGKILL"), afterMs);
    if (word === "begin") begun.push(...rest.split(",").map(Number));
    else if (word === "kept") kept.push(Number(rest));
    else if (word === "closed") closed = kept.length;
    // Its own segment it leaves alone, and more if a lock was torn by an earlier kill.
    else if (word === "collected") collected = rest === "1" ? closed : undefined;
    else if (word === "round") round = Number(rest);
    else if (word === "at") where = rest;
    else if (word === "stopped") child.kill("SIGKILL");
  }
  await ended;
  clearTimeout(timer);
  expect(complaint).toBe("");
  expect(child.signalCode).toBe("SIGKILL");
  return { kept, begun, collected, round, where };
}

it(
  `${KILLS} processes killed at any moment lose no answer they acknowledged`,
  async () => {
    const random = seededRandom(SEED);
    let directory = "";
    let kept: number[] = [];
    let begun: number[] = [];
    let next = 0;
    let collections = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      // What is there grows, and is looked at after each kill.
      if (kill % 20 === 0) [directory, kept, begun, next] = [join(scratch, `answers-${kill}`), [], [], 0];
      const stopAfter = kill % 3 === 2 ? undefined : 1 + seededIndex(random, MOST_CALLS);
      const before = kept.length;
      const killed = await runAndKill(directory, next, stopAfter, random() * 150);
      kept = [...kept, ...killed.kept];
      begun = [...begun, ...killed.begun];
      next = killed.round + 2;
      if (killed.collected !== undefined) collections += 1;
      hits.set(killed.where, (hits.get(killed.where) ?? 0) + 1);
      const dropped = new Set(
        killed.collected === undefined
          ? []
          : kept.slice(0, before + killed.collected).filter((number) => !isNeeded(number)),
      );
      const store = await AnswerStore.open(new LocalStorage(directory), { readOnly: true });
      const found = new Set<number>();
      for (const number of begun) {
        const answer = await store.get(keyNumbered(number));
        if (!answer) continue;
        assertSame(answer, answerNumbered(number));
        found.add(number);
      }
      await store.close();
      const lost = kept.filter((number) => isNeeded(number) && !found.has(number));
      expect(lost, `kill ${kill}, ${killed.where}`).toEqual([]);
      expect(
        [...dropped].filter((number) => found.has(number)),
        `kill ${kill}, ${killed.where}`,
      ).toEqual([]);
    }
    expect(collections).toBeGreaterThan(KILLS / 40);
  },
  30_000 + KILLS * 1000,
);
