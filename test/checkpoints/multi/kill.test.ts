import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HFDatasetCheckpointManager } from "../../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../../src/checkpoints/jsonl-checkpoint-manager.js";
import { MultiCheckpointManager } from "../../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../../src/checkpoints/parquet-checkpoint-manager.js";
import { BUILD } from "../../support/build-entries.js";
import { seededIndex, seededRandom } from "../../support/random.js";
import { notesNumbered, operationNumbered } from "./kill-plan.mjs";

const LONG = process.env["KURA_LONG"] !== undefined;
const SEED = Number(process.env["KURA_SEED"] ?? 1);
const KILLS = Number(process.env["KURA_KILLS"] ?? (LONG ? 500 : 4));
const PHASES = ["locked", "recovered", "staged", "sealed", "kept", "described", "committed", "swept"] as const;
const COPIES = 3;
const CHILD = fileURLToPath(new URL("kill-child.mjs", import.meta.url));

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

let scratch: string;
let library: string;
let directory: string;
const hits = new Map<string, number>();

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "kura-kill-copies-"));
  library = join(scratch, "build");
  directory = join(scratch, "checkpoints");
  // Of its own: another run of tests may build it anew meanwhile.
  await cp(BUILD, library, { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(scratch, "node_modules"));
  await mkdir(directory);
});
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
  const table = [...hits].sort().map(([where, count]) => `  ${where}: ${count}`);
  console.log(`kills of a writer of three copies, seed ${SEED}: ${KILLS}\n${table.join("\n")}`);
});

interface Killed {
  readonly done: number[];
  /** The one under way, or -1. */
  readonly begun: number;
  /** The last that any copy said of it. */
  readonly phase: string;
}

/** Start a process, and kill it where it stopped as it was told to, or some time after it began. */
async function runAndKill(first: number, { stopAt, afterMs }: { stopAt?: string; afterMs?: number }): Promise<Killed> {
  const child: ChildProcess = spawn(process.execPath, [CHILD, library, directory, String(first), stopAt ?? ""], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const done: number[] = [];
  let [begun, phase, complaint] = [-1, "before", ""];
  let timer: NodeJS.Timeout | undefined;
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  for await (const line of createInterface({ input: child.stdout! })) {
    const [word, value = ""] = line.split(" ");
    if (word === "begin") {
      [begun, phase] = [Number(value), "before"];
      if (afterMs !== undefined) timer ??= setTimeout(() => child.kill("SIGKILL"), afterMs);
    } else if (word === "phase") {
      phase = value;
      // The other copies go on as far as they can without this one.
      if (`${begun}:${phase}` === stopAt) setTimeout(() => child.kill("SIGKILL"), 20);
    } else {
      done.push(Number(value));
    }
  }
  await closed;
  clearTimeout(timer);
  expect(complaint).toBe("");
  expect(child.signalCode).toBe("SIGKILL");
  return { done, begun, phase: stopAt === undefined ? phase : stopAt.slice(stopAt.indexOf(":") + 1) };
}

const managers = () => [
  new JSONLCheckpointManager(directory),
  new ParquetCheckpointManager(directory),
  new HFDatasetCheckpointManager(directory),
];

/** The number whose rows these are. */
function labelOf(rows: readonly object[] | undefined): number | undefined {
  if (rows === undefined) return undefined;
  const number = Number((rows[0] as { label: number }).label);
  expect(rows).toEqual(notesNumbered(number));
  return number;
}

it(
  `${KILLS} writers of three formats killed at any moment: what was acknowledged is what loads, and all copies come to have it`,
  async () => {
    const random = seededRandom(SEED);
    let known: number | undefined;
    let next = 0;
    const after = (number: number) => {
      const operation = operationNumbered(number);
      return operation === "save" ? number : operation === "delete" ? undefined : known;
    };
    for (let kill = 0; kill < KILLS; kill++) {
      // Three of four kills at a certain phase of a save of a certain copy, each in turn; the others whenever.
      let number = next + seededIndex(random, 3);
      while (operationNumbered(number) !== "save") number += 1;
      const turn = kill - Math.ceil(kill / 4);
      const [copy, at] = [turn % COPIES, Math.floor(turn / COPIES) % PHASES.length];
      const how = kill % 4 === 0 ? { afterMs: random() * 120 } : { stopAt: `${number}:${copy}:${PHASES[at]}` };
      const { done, begun, phase } = await runAndKill(next, how);
      for (const finished of done) known = after(finished);
      const allowed = begun < 0 || done.includes(begun) ? [known] : [known, after(begun)];
      const where =
        begun < 0
          ? "before the first"
          : `${operationNumbered(begun)}, ${done.includes(begun) ? "done" : `copy ${phase}`}`;
      hits.set(where, (hits.get(where) ?? 0) + 1);

      const multi = new MultiCheckpointManager(managers());
      const found = labelOf(await multi.loadCheckpoint("notes"));
      expect(allowed, `kill ${kill} (${where})`).toContain(found);
      const reports = await multi.sync({ check: true });
      expect(
        reports.every(({ inSync }) => inSync),
        JSON.stringify(reports),
      ).toBe(true);
      for (const manager of managers()) expect(labelOf(await manager.loadCheckpoint("notes"))).toBe(found);
      known = found;
      next = Math.max(next, begun + 1);
    }
    if (KILLS < 40) return;
    for (let copy = 0; copy < COPIES; copy++)
      for (const phase of PHASES)
        expect(hits.get(`save, copy ${copy}:${phase}`) ?? 0, `${copy}:${phase}`).toBeGreaterThan(0);
  },
  60_000 + KILLS * 3000,
);
