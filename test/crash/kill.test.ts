import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { seededIndex, seededRandom } from "../support/random.js";
import { notesNumbered, operationNumbered } from "./kill-plan.mjs";
import { LONG, SEED } from "./scale.js";
import { type Note, NoteType } from "./subject.js";

const KILLS = Number(process.env["KURA_KILLS"] ?? (LONG ? 5000 : 20));
const PHASES = ["locked", "recovered", "staged", "sealed", "kept", "described", "committed", "swept"] as const;
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CHILD = fileURLToPath(new URL("kill-child.mjs", import.meta.url));

let scratch: string;
let library: string;
const hits = new Map<string, number>();

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "kura-kill-"));
  library = join(scratch, "build");
  await symlink(join(ROOT, "node_modules"), join(scratch, "node_modules"));
  // Built apart from dist/, which another run may be making or packing. The compiler writes its output before it complains.
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  await promisify(execFile)(
    process.execPath,
    [compiler, "-p", "tsconfig.build.json", "--outDir", library, "--declaration", "false"],
    {
      cwd: ROOT,
    },
  ).catch(() => {});
  await mkdir(join(scratch, "checkpoints"));
}, 120_000);

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
  const table = [...hits].sort().map(([where, count]) => `  ${where}: ${count}`);
  console.log(`kills, seed ${SEED}: ${KILLS}\n${table.join("\n")}`);
});

/** What stands: the number whose rows are current (undefined: none), and the one kept before it. */
interface Stand {
  readonly current: number | undefined;
  readonly kept: number | undefined;
}

function after(number: number, { current, kept }: Stand): Stand {
  switch (operationNumbered(number)) {
    case "save":
      return { current: number, kept: current };
    case "delete":
      return current === undefined ? { current, kept } : { current: undefined, kept: undefined };
    case "restore":
      return kept === undefined ? { current, kept } : { current: kept, kept: current };
  }
}

interface Killed {
  /** Numbers that were said to be done, in order. */
  readonly done: number[];
  /** The one under way. */
  readonly begun: number;
  readonly phase: string;
}

/** Start a process, and kill it where it stopped as it was told to, or some time after it began. */
async function runAndKill(first: number, { stopAt, afterMs }: { stopAt?: string; afterMs?: number }): Promise<Killed> {
  const child: ChildProcess = spawn(
    process.execPath,
    [CHILD, library, join(scratch, "checkpoints"), String(first), stopAt ?? ""],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const done: number[] = [];
  let begun = -1;
  let phase = "before";
  let complaint = "";
  let timer: NodeJS.Timeout | undefined;
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  for await (const line of createInterface({ input: child.stdout! })) {
    const [word, value = ""] = line.split(" ");
    if (word === "begin") {
      begun = Number(value);
      phase = "before";
      if (afterMs !== undefined) timer ??= setTimeout(() => child.kill("SIGKILL"), afterMs);
    } else if (word === "phase") {
      phase = value;
      if (`${begun}:${phase}` === stopAt) child.kill("SIGKILL");
    } else {
      done.push(Number(value));
    }
  }
  await closed;
  clearTimeout(timer);
  expect(complaint).toBe("");
  expect(child.signalCode).toBe("SIGKILL");
  return { done, begun, phase };
}

const labelOf = (rows: readonly Note[] | undefined): number | undefined => {
  if (rows === undefined) return undefined;
  const number = Number(rows[0]?.label);
  expect(rows).toEqual(notesNumbered(number));
  return number;
};

/** What is on disk now, read as a reader does, and the kept revision byte by byte. */
async function standing(): Promise<Stand> {
  const manager = new JSONLCheckpointManager(join(scratch, "checkpoints"));
  const info = await manager.getCheckpointInfo("notes", { check: true });
  const current = labelOf(await manager.loadCheckpoint("notes", NoteType));
  if (current !== undefined) expect(info?.verified).toBe("bytes");
  const history = join(scratch, "checkpoints/.kura/notes.jsonl");
  const kept: number[] = [];
  for (const { id, current: visible, ours } of await manager.listRevisions("notes")) {
    expect(ours).toBe(true);
    if (visible) continue;
    const lines = (await readFile(join(history, `${id}.data`), "utf8")).trimEnd().split("\n");
    kept.push(labelOf(lines.map((line) => JSON.parse(line) as Note))!);
  }
  return { current, kept: kept[0] };
}

it(
  `${KILLS} processes killed at any moment lose nothing they acknowledged`,
  async () => {
    const random = seededRandom(SEED);
    let known: Stand = { current: undefined, kept: undefined };
    let next = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      // Every other kill at a certain phase of a save, each phase in turn; the others whenever.
      let number = next + seededIndex(random, 4);
      while (operationNumbered(number) !== "save") number += 1;
      const how =
        kill % 2 === 0 ? { stopAt: `${number}:${PHASES[(kill / 2) % PHASES.length]}` } : { afterMs: random() * 60 };
      const { done, begun, phase } = await runAndKill(next, how);
      for (const finished of done) known = after(finished, known);
      const allowed = done.includes(begun) || begun < 0 ? [known] : [known, after(begun, known)];
      const found = await standing();
      const where =
        begun < 0 ? "before the first" : `${operationNumbered(begun)}, ${done.includes(begun) ? "done" : phase}`;
      hits.set(where, (hits.get(where) ?? 0) + 1);
      // A delete removes what is kept before it commits; a sweep may still be to come.
      const fits = allowed.filter(
        ({ current, kept }) =>
          current === found.current && (kept === found.kept || operationNumbered(begun) === "delete"),
      );
      expect(
        fits.length,
        `kill ${kill} (${where}): found ${JSON.stringify(found)}, allowed ${JSON.stringify(allowed)}`,
      ).toBeGreaterThan(0);
      known = found;
      next = Math.max(next, begun + 1);
    }
    for (const phase of PHASES) expect(KILLS < 16 ? 1 : (hits.get(`save, ${phase}`) ?? 0)).toBeGreaterThan(0);
    // The next save sweeps what the last kill left.
    const manager = new JSONLCheckpointManager(join(scratch, "checkpoints"));
    await manager.saveCheckpoint("notes", notesNumbered(next), NoteType);
    expect(
      (await readdir(join(scratch, "checkpoints/.kura/notes.jsonl"))).filter((name) => name.endsWith(".tmp")),
    ).toEqual([]);
  },
  30_000 + KILLS * 1000,
);
