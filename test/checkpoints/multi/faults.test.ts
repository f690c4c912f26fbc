import { afterAll, beforeAll, expect, it } from "vitest";
import type { MultiCheckpointManager } from "../../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { CorruptCheckpointError, KuraError, TooFewCopiesError } from "../../../src/errors.js";
import type { PowerLossFileSystem } from "../../support/power-loss-file-system.js";
import { seededIndex, seededRandom } from "../../support/random.js";
import { type CopyFault, emptyDisk, FAULTS, type FaultKind, FaultyCopies, HEADS, ROOT } from "./faulty-copies.js";

const LONG = process.env["KURA_LONG"] === "1";
/** Of a long run, the n-th of so many parts. */
const [PART, PARTS] = (process.env["KURA_PART"] ?? "1/1").split("/").map(Number) as [number, number];
const SEED = 7;
/** Of the call sites of all operations, in a short run; in a long one all are met. */
const SAMPLE = 25;
/** Times that nobody else waits for, and room for what reading takes: timers of them are let run out when nothing else happens. */
const TIMEOUT_STEP_MS = 100_000;
let timeoutMs = TIMEOUT_STEP_MS;

type Rows = { n: number; text: string }[];
const rows = (count: number): Rows => Array.from({ length: count }, (_, n) => ({ n, text: `row ${n} of ${count}` }));
const [FIRST, SECOND, NEW] = [rows(300), rows(400), rows(500)];
const FOREIGN: Rows = [{ n: -1, text: "another program's row" }];

interface Operation {
  readonly name: string;
  readonly before: "current" | "copy 0 behind" | "copy 2 behind" | "copy 0 foreign";
  run(multi: MultiCheckpointManager): Promise<unknown>;
  /** What it answers, where it does. */
  readonly answer?: unknown;
  /** The rows that there are afterwards, in all copies. */
  readonly after: Rows | undefined;
}

const collect = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
};

const OPERATIONS: readonly Operation[] = [
  { name: "save", before: "current", run: (multi) => multi.saveCheckpoint("notes", NEW), after: NEW },
  { name: "save", before: "copy 0 behind", run: (multi) => multi.saveCheckpoint("notes", NEW), after: NEW },
  {
    name: "delete",
    before: "current",
    run: (multi) => multi.deleteCheckpoint("notes"),
    answer: true,
    after: undefined,
  },
  { name: "load", before: "current", run: (multi) => multi.loadCheckpoint("notes"), answer: SECOND, after: SECOND },
  {
    name: "load",
    before: "copy 0 behind",
    run: (multi) => multi.loadCheckpoint("notes"),
    answer: SECOND,
    after: SECOND,
  },
  {
    name: "stream",
    before: "current",
    run: (multi) => collect(multi.streamCheckpoint("notes", undefined, { where: { n: { gte: 100 } }, rowStart: 50 })),
    answer: SECOND.slice(100),
    after: SECOND,
  },
  {
    name: "check",
    before: "current",
    run: async (multi) => (await multi.getCheckpointInfo("notes", { check: true }))?.rows,
    answer: 400,
    after: SECOND,
  },
  { name: "list", before: "current", run: (multi) => multi.listCheckpoints(), answer: ["notes"], after: SECOND },
  {
    name: "stats",
    before: "current",
    run: async (multi) => (await multi.getStats()).numManagers,
    answer: 3,
    after: SECOND,
  },
  { name: "sync", before: "copy 0 behind", run: (multi) => multi.sync({ check: true }), after: SECOND },
  { name: "sync", before: "copy 2 behind", run: (multi) => multi.sync(), after: SECOND },
  {
    name: "restore",
    before: "current",
    run: async (multi) => {
      const [, first] = await multi.listRevisions("notes");
      return (await multi.restoreRevision("notes", first!.id)).rows;
    },
    answer: 300,
    after: FIRST,
  },
  {
    name: "adopt",
    before: "copy 0 foreign",
    run: async (multi) => (await multi.adoptCheckpoint("notes")).rows,
    answer: 1,
    after: FOREIGN,
  },
];

const befores = new Map<Operation["before"], PowerLossFileSystem[]>();
/** The same disks after the first save. */
const once = new Map<Operation["before"], PowerLossFileSystem[]>();

beforeAll(async () => {
  for (const before of ["current", "copy 0 behind", "copy 2 behind", "copy 0 foreign"] as const) {
    const copies = new FaultyCopies([await emptyDisk(), await emptyDisk(), await emptyDisk()]);
    await copies.multi().saveCheckpoint("notes", FIRST);
    once.set(
      before,
      copies.disks.map((disk) => disk.clone()),
    );
    const behind = before === "copy 0 behind" ? 0 : before === "copy 2 behind" ? 2 : undefined;
    const disk = behind === undefined ? undefined : copies.disks[behind]!.clone();
    await copies.multi().saveCheckpoint("notes", SECOND);
    if (disk) copies.disks[behind!] = disk;
    if (before === "copy 0 foreign")
      copies.disks[0]!.rewriteInPlace(`${ROOT}/0/notes.jsonl`, Buffer.from(`${JSON.stringify(FOREIGN[0])}\n`));
    befores.set(before, copies.disks);
  }
}, 120_000);

/** By their time, which is another one in each case. */
const waiting = new Map<number, Set<() => void>>();
const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

beforeAll(() => {
  globalThis.setTimeout = ((run: () => void, ms: number, ...rest: unknown[]) => {
    const timers = waiting.get(Math.floor(ms / TIMEOUT_STEP_MS) * TIMEOUT_STEP_MS);
    if (!timers) return real.setTimeout(run, ms, ...(rest as []));
    timers.add(run);
    return run;
  }) as never;
  globalThis.clearTimeout = ((timer: never) => {
    if (typeof timer !== "function") return real.clearTimeout(timer);
    for (const timers of waiting.values()) timers.delete(timer);
  }) as never;
});
afterAll(() => Object.assign(globalThis, real));

const pause = (ms: number) => new Promise((resolve) => real.setTimeout(resolve, ms));

interface Case {
  readonly operation: Operation;
  readonly fault: CopyFault;
  /** With 3, whatever one copy cannot do is not done. */
  readonly minimumCopies: 2 | 3;
}

/** What is wrong with how three copies come through one fault of one of them; undefined where nothing is. */
async function problemOf({ operation, fault, minimumCopies }: Case): Promise<string | undefined> {
  timeoutMs += TIMEOUT_STEP_MS;
  const options = { minimumCopies, copyTimeoutMs: timeoutMs };
  const timers = new Set<() => void>();
  waiting.set(timeoutMs, timers);
  let copies: FaultyCopies;
  let isHanging = false;
  // When nothing happens any more but that one copy is waited for, its time is over.
  const runOut = async () => {
    isHanging = true;
    for (let [last, quiet] = [-1, 0]; isHanging; ) {
      await pause(4);
      const calls = copies.calls.reduce((sum, { length }) => sum + length, 0);
      quiet = calls === last ? quiet + 1 : 0;
      last = calls;
      if (quiet < 25) continue;
      // The one that hangs has been waited for the longest.
      const [longest] = timers;
      if (longest && timers.delete(longest)) longest();
      quiet = 0;
    }
  };
  copies = new FaultyCopies(befores.get(operation.before)!, fault, () => void runOut());
  const multi = copies.multi(options);
  const outcome = await operation.run(multi).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const then = await multi.loadCheckpoint("notes").catch((error: unknown) => error);
  isHanging = false;
  waiting.delete(timeoutMs);
  copies.heal();
  await pause(2);

  const before = operation.before === "copy 0 foreign" ? [SECOND, FOREIGN] : [SECOND];
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const may = (found: unknown, ...wanted: unknown[]) => wanted.some((one) => isSame(found, one));
  if ("value" in outcome) {
    // What is to be adopted is on the one disk that lies, or is gone.
    const isHopeless = operation.name === "adopt" && fault.copy === 0 && /wrong|disappears|goes back/.test(fault.kind);
    if ("answer" in operation && !isHopeless && !isSame(outcome.value, operation.answer))
      return `answers ${JSON.stringify(outcome.value)?.slice(0, 200)}`;
    if (operation.name !== "adopt" && !isSame(then, operation.after))
      return `succeeds, and then there is ${then instanceof Error ? then : JSON.stringify(then)?.slice(0, 200)}`;
  } else {
    if (!(outcome.error instanceof KuraError)) return `rejects with ${(outcome.error as Error).stack}`;
    const isRead = ["load", "stream", "list", "stats"].includes(operation.name);
    if (isRead || (minimumCopies === 2 && ["save", "delete", "sync"].includes(operation.name)))
      return `rejects, and two copies are well: ${outcome.error.message}`;
    const isUndone =
      outcome.error instanceof TooFewCopiesError && outcome.error.message.includes("nothing has changed in any");
    if (isUndone && !may(then, ...before)) return `rejects and says that nothing has changed, and it has: ${then}`;
    if (!may(then, operation.after, ...before)) return `rejects, and then there is ${then}`;
  }

  const well = new FaultyCopies(copies.disks);
  const all = await insync(well, fault);
  // Whose rows are to be adopted, and are on a disk that lies, cannot be helped; nor is that adopted which could not be read.
  if (operation.name === "adopt" && fault.copy === 0)
    return typeof all === "string" || isSame(all[1], all[2]) ? undefined : `copies differ: ${all}`;
  if (typeof all === "string") return all;
  const wanted = "value" in outcome ? [operation.after] : [operation.after, ...before];
  for (const one of all) {
    if (!isSame(one, all[0])) return `copies differ: ${all.map((each) => JSON.stringify(each)?.slice(0, 80))}`;
    if (!may(one, ...wanted)) return `copies have ${JSON.stringify(one)?.slice(0, 200)}`;
  }
  return undefined;
}

/** What each copy has after a sync; or what is wrong with that. */
async function insync(copies: FaultyCopies, fault: CopyFault): Promise<unknown[] | string> {
  const multi = copies.multi();
  const [manager, disk] = [multi.managers[fault.copy]!, copies.disks[fault.copy]!];
  const error = await manager.listCheckpoints().catch((error: unknown) => error);
  // Of one damage no manager repairs itself, and says what to do: it is done here.
  if (error instanceof CorruptCheckpointError && error.path.endsWith(".kura/format"))
    await disk.unlink(`${ROOT}/${fault.copy}/.kura/format`);
  let [report] = await multi.sync({ check: true });
  const left = report?.copies[fault.copy];
  if (left?.action === "left" && left.state === "unversioned") {
    // So does a file whose manifest a lying disk has spoilt, or was taken back: it looks like another program's.
    if (!["writes wrong", "hangs", "is late", "goes back"].includes(fault.kind))
      return `is left: ${JSON.stringify(left)}`;
    await disk.unlink(`${ROOT}/${fault.copy}/${HEADS[fault.copy]}`);
    [report] = await multi.sync({ check: true });
  }
  if (report && !report.inSync) return `is not in sync: ${JSON.stringify(report.copies)}`;
  return await Promise.all(multi.managers.map((one) => one.loadCheckpoint("notes").catch(String)));
}

type Site = Pick<Case, "operation"> & Pick<CopyFault, "copy" | "at">;

/** Every call that an operation makes of the file system of any copy. */
async function sitesOf(operation: Operation): Promise<Site[]> {
  const copies = new FaultyCopies(befores.get(operation.before)!);
  await operation.run(copies.multi());
  return copies.calls.flatMap((calls, copy) => calls.map((_, at) => ({ operation, copy, at })));
}

/** The numbers of copies that are wanted take turns. */
function caseOf({ operation, copy, at }: Site, kind: FaultKind, turn: number): Case {
  const before = once.get(operation.before)![copy]!;
  return { operation, fault: { copy, at, kind, before }, minimumCopies: turn % 2 ? 2 : 3 };
}

it(`one copy fails, hangs, lies, goes back or disappears at ${LONG ? "every call" : `${SAMPLE} calls`} of every operation`, async () => {
  const sites = (await Promise.all(OPERATIONS.map(sitesOf))).flat();
  const random = seededRandom(SEED);
  const cases = LONG
    ? sites
        .flatMap((site, index) => FAULTS.map((kind, turn) => caseOf(site, kind, index + turn)))
        .filter((_, index) => index % PARTS === PART - 1)
    : Array.from({ length: SAMPLE }, (_, turn) =>
        caseOf(sites[seededIndex(random, sites.length)]!, FAULTS[turn % FAULTS.length]!, turn),
      );
  const problems: string[] = [];
  for (const one of cases) {
    const { operation, fault, minimumCopies } = one;
    const problem = await Promise.race([problemOf(one), pause(60_000).then(() => "hangs")]);
    if (problem === undefined) continue;
    const { copy, kind, at } = fault;
    problems.push(
      `${operation.name}, ${operation.before}: copy ${copy} ${kind} at call ${at}, ${minimumCopies} wanted: ${problem}`,
    );
  }
  console.log(
    `${cases.length} faults of ${FAULTS.length} kinds of one copy of three, at ${LONG ? `part ${PART} of ${PARTS} of` : "some of"} ${sites.length} calls of ${OPERATIONS.length} operations, ${LONG ? "" : `seed ${SEED}, `}${problems.length} problems`,
  );
  expect(problems.slice(0, 20)).toEqual([]);
}, 3_600_000);
