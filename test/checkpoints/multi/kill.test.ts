import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HFDatasetCheckpointManager } from "../../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../../src/checkpoints/jsonl-checkpoint-manager.js";
import { MultiCheckpointManager } from "../../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../../src/checkpoints/parquet-checkpoint-manager.js";
import { ownLibrary } from "../../support/own-library.js";
import { seededIndex, seededRandom } from "../../support/random.js";
import { runAndKill } from "../../support/run-and-kill.js";
import { notesNumbered, operationNumbered } from "./kill-plan.mjs";

const LONG = process.env["KURA_LONG"] !== undefined;
const SEED = Number(process.env["KURA_SEED"] ?? 1);
const KILLS = Number(process.env["KURA_KILLS"] ?? (LONG ? 500 : 4));
const PHASES = ["locked", "recovered", "staged", "sealed", "kept", "described", "committed", "swept"] as const;
const COPIES = 3;
const CHILD = fileURLToPath(new URL("kill-child.mjs", import.meta.url));

let scratch: string;
let library: string;
let directory: string;
const hits = new Map<string, number>();

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "kura-kill-copies-"));
  library = await ownLibrary(scratch);
  directory = join(scratch, "checkpoints");
  await mkdir(directory);
});
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
  const table = [...hits].sort().map(([where, count]) => `  ${where}: ${count}`);
  console.log(`kills of a writer of three copies, seed ${SEED}: ${KILLS}\n${table.join("\n")}`);
});

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
      // The other copies go on as far as they can without the one that stopped, and say so.
      const killed = await runAndKill([CHILD, library, directory, String(next), how.stopAt ?? ""], {
        ...how,
        lingerMs: 20,
      });
      const { done, begun } = killed;
      const phase = how.stopAt?.slice(how.stopAt.indexOf(":") + 1) ?? killed.phase;
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
    const each = Math.floor((KILLS - Math.ceil(KILLS / 4)) / (COPIES * PHASES.length));
    for (let copy = 0; copy < COPIES; copy++)
      for (const phase of PHASES)
        expect(hits.get(`save, copy ${copy}:${phase}`) ?? 0, `${copy}:${phase}`).toBeGreaterThanOrEqual(each);
  },
  60_000 + KILLS * 3000,
);
