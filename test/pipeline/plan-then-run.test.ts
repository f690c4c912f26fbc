import { expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { KuraError } from "../../src/errors.js";
import type { ConversationSource } from "../../src/pipeline/conversation-source.js";
import { conversationsInMemory } from "../../src/pipeline/conversation-source.js";
import type { PipelineEvent } from "../../src/pipeline/event.js";
import type { Decision } from "../../src/pipeline/plan.js";
import { planPipeline, type RunOptions, runPipeline } from "../../src/pipeline/run.js";
import { STEPS, type StepName } from "../../src/pipeline/step.js";
import type { Conversation } from "../../src/rows/builtin.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import { LONG, SEED } from "../crash/scale.js";
import { seededIndex, seededRandom } from "../support/random.js";

// In a directory to which anything may have happened, a run does what a dry run says that it would.

const CASES = Number(process.env["KURA_CASES"] ?? (LONG ? 1500 : 8));

/** Each of these must come up for the long run to mean something. */
/** With seed 1, cases in which a plan was wrong once. */
const MISTAKEN = [591, 1191];
const KINDS = ["make: missing", "make: stale", "make: partial", "make: asked", "make: unknown"].concat(
  ["adopt: unknown", "refuse: stale", "refuse: unknown", "refuse: damaged", "refuse: missing"],
  ["reuse: stale", "reuse: fresh", "skip: asked"],
);

const conversationNumbered = (number: number, version: number): Conversation => ({
  chat_id: `chat ${number}`,
  created_at: "2026-01-01T00:00:00Z",
  messages: [
    {
      role: "user",
      content: `How do I ${["bake bread", "sort a list", "fix a bike"][number % 3]}? (${version})`,
      created_at: "2026-01-01T00:00:00Z",
    },
    { role: "assistant", content: "Like this.", created_at: "2026-01-01T00:00:01Z" },
  ],
  metadata: {},
});

class Directory {
  readonly storage = new MemoryStorage();
  readonly manager = new JSONLCheckpointManager(this.storage);
  readonly #random: () => number;
  #version = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  below(count: number): number {
    return seededIndex(this.#random, count);
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }

  /** What somebody may type. */
  options(): RunOptions & { checkpointManager: JSONLCheckpointManager } {
    const names = STEPS.map(({ name }) => name);
    const only = this.below(5) === 0 ? names.filter(() => this.below(2) === 0) : undefined;
    return {
      checkpointManager: this.manager,
      conversations: this.#input(),
      itemsPerCluster: this.one([2, 2, 2, 3]),
      seed: this.one([42, 42, 42, 1]),
      onStale: this.one(["remake", "remake", "remake", "reuse", "error"] as const),
      onUnknown: this.one(["adopt", "adopt", "adopt", "remake", "error"] as const),
      replace: this.below(4) === 0,
      continue: this.below(6) === 0,
      ...(only && only.length > 0 && { only }),
      ...(this.below(8) === 0 && { from: this.one(names) }),
    };
  }

  /** What somebody, or another program, may do to the directory. */
  async meddle(): Promise<void> {
    const name = this.one(STEPS).name;
    switch (this.below(9)) {
      case 0:
        await this.manager.deleteCheckpoint(name);
        return;
      case 1:
        await this.storage.remove(`${name}.jsonl`);
        return;
      case 2:
        return await this.#rewrite(name, (lines) => lines.toReversed());
      case 3:
        return await this.#rewrite(name, (lines) => lines.filter(() => this.below(2) === 0));
      case 4:
        return await this.#rewrite(name, (lines) => lines.map((line) => line.replaceAll("chat ", "other ")));
      case 5:
        return await this.#rewrite(name, (lines) => [
          ...lines,
          ...lines.slice(0, 2).map((line) => line.replaceAll("chat ", "other ")),
        ]);
      case 6:
        return await this.#rewrite(name, (lines) => lines.map((line) => line.replace('"', '"\u0001')));
      case 7: {
        const revision = (await this.manager.listRevisions(name)).find(({ current }) => !current);
        if (revision) await this.manager.restoreRevision(name, revision.id).catch(ours);
        return;
      }
      case 8:
        return await this.#makeIncomplete(name);
    }
  }

  async #makeIncomplete(name: StepName): Promise<void> {
    const info = await this.manager.getCheckpointInfo(name).catch(ours);
    const rows = await this.manager.loadCheckpoint(name).catch(ours);
    if (!info?.fingerprint || !rows || rows.length === 0) return;
    const missing = [String(rows[0]!["chat_id"] ?? rows[0]!["id"])];
    await this.manager.saveCheckpoint(name, rows.slice(1), undefined, { madeFrom: info.fingerprint, missing });
  }

  async #rewrite(name: StepName, edit: (lines: string[]) => string[]): Promise<void> {
    const path = `${name}.jsonl`;
    const file = await this.storage.open(path);
    if (!file) return;
    const lines = Buffer.from(await file.read(0, file.byteLength))
      .toString()
      .split("\n")
      .slice(0, -1);
    const staged = await this.storage.stage("theirs.tmp", path);
    await staged.write(
      Buffer.from(
        edit(lines)
          .map((line) => `${line}\n`)
          .join(""),
      ),
    );
    await staged.seal();
    await staged.publish();
  }

  #input(): RunOptions["conversations"] {
    if (this.below(3) === 0) this.#version = this.below(3);
    const project = this.below(12) === 0 ? 100 : 0;
    const numbers = Array.from({ length: this.below(7) }, (_, i) => project + i).filter(() => this.below(5) > 0);
    const rows = numbers.map((number) => conversationNumbered(number, number === 2 ? this.#version : 0));
    if (this.below(2) === 0) return rows;
    return limited(rows, this.one([undefined, 2, 5, 100]));
  }

  /** Every file, and which version of it. */
  async files(): Promise<string[]> {
    const found: string[] = [];
    const directories = [".kura", ...(await this.storage.listDirectories(".kura")).map((name) => `.kura/${name}`)];
    for (const directory of ["", ...directories])
      for (const { path, identity } of await this.storage.list(directory)) found.push(`${path} ${identity}`);
    return found.sort();
  }
}

/** As from a file, of which so many are taken. */
function limited(rows: readonly Conversation[], limit: number | undefined): ConversationSource {
  const all = conversationsInMemory(rows);
  return {
    fingerprint: async () => ({
      ...(await (await all).fingerprint()),
      ...(limit !== undefined && { limit: `${limit}` }),
    }),
    async *read() {
      yield* rows.slice(0, limit);
    },
  };
}

function ours(error: unknown): undefined {
  if (!(error instanceof KuraError)) throw error;
}

interface Outcome {
  readonly decisions: readonly Decision[];
  readonly error: Error | undefined;
}

async function outcomeOfRun(options: RunOptions): Promise<Outcome> {
  const decisions: Decision[] = [];
  const onEvent = (event: PipelineEvent) => {
    if (event.type === "decision") decisions.push(event.decision);
  };
  const error = await runPipeline({ ...options, onEvent }).then(
    () => undefined,
    (error: Error) => error,
  );
  return { decisions, error };
}

/** Which ends an `upstream` may come to. */
function mayBecome({ action, reasons }: Decision, { action: done, because }: Decision): boolean {
  if (because === "fresh") return done === "reuse";
  const isUnknown = reasons.some((reason) => reason.startsWith("made elsewhere"));
  if (isUnknown) return ["adopt", "make", "reuse", "refuse"].includes(done) && ["unknown", "stale"].includes(because);
  if (because === "partial") return done === "make";
  const isPartial = reasons.some((reason) => reason.endsWith(" rows"));
  return because === "stale" && (done === action || (isPartial && done === "reuse"));
}

/** What is wrong with a plan, as the run that followed shows. */
function difference(plan: readonly Decision[], { decisions, error }: Outcome): string | undefined {
  // Below what is made there may be more reasons; after what may or may not change, another end.
  let [isBelowMade, isSure] = [false, true];
  for (const done of decisions) {
    const said = plan.find(({ step }) => step === done.step);
    if (!said) return isSure ? `${done.step} was not planned` : undefined;
    const isSame = JSON.stringify(said) === JSON.stringify(done);
    const isMore =
      said.action === done.action &&
      said.because === done.because &&
      (said.action === "skip" || said.reasons.every((reason) => done.reasons.includes(reason)));
    const fits = said.because === "upstream" ? mayBecome(said, done) : isSame || (isBelowMade && isMore);
    if (!fits) return `${JSON.stringify(said)} became ${JSON.stringify(done)}`;
    if (said.because === "upstream") isSure = false;
    if (done.action === "make" || done.action === "adopt") isBelowMade = true;
  }
  const isRefused = decisions.at(-1)?.action === "refuse";
  if (isRefused !== (error !== undefined)) return `the run ended with ${error}, and ${isRefused ? "a" : "no"} refusal`;
  if (isSure && (plan.at(-1)?.action === "refuse") !== isRefused) return `the run ended with ${error}`;
  return undefined;
}

it(`a run does what a dry run said, in ${CASES} directories to which anything happened`, async () => {
  const counts = new Map<string, number>();
  const first = Number(process.env["KURA_FIRST_CASE"] ?? 0);
  for (const number of [...MISTAKEN, ...Array.from({ length: CASES }, (_, i) => first + i)]) {
    const directory = new Directory(seededRandom(SEED * 1_000_000 + number));
    await runPipeline({
      conversations: Array.from({ length: 6 }, (_, i) => conversationNumbered(i, 0)),
      itemsPerCluster: 2,
      checkpointManager: directory.manager,
    });
    for (let round = 0; round < 6; round++) {
      for (let acts = directory.below(4); acts > 0; acts--) await directory.meddle();
      const options = directory.options();
      const before = await directory.files();
      const plan = await planPipeline(options).catch((error: Error) => error);
      expect(await directory.files()).toEqual(before);
      const outcome = await outcomeOfRun(options);
      const where = `case ${number}, round ${round}, seed ${SEED}`;
      if (plan instanceof Error) {
        expect(outcome.error?.message, where).toBe(plan.message);
        continue;
      }
      expect(
        difference(plan, outcome),
        `${where}: ${JSON.stringify(plan, undefined, 1)} ${outcome.error}`,
      ).toBeUndefined();
      for (const { action, because } of outcome.decisions) {
        const kind = `${action}: ${because}`;
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
      }
    }
  }
  console.log(`plan, then run, seed ${SEED}: ${JSON.stringify(Object.fromEntries([...counts].sort()))}`);
  if (CASES >= 100) expect(Math.min(...KINDS.map((kind) => counts.get(kind) ?? 0))).toBeGreaterThan(0);
});
