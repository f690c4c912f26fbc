import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Tally } from "../../src/checkpoints/answers/answers.js";
import { LONG, SEED } from "../crash/scale.js";
import { ownLibrary } from "../support/own-library.js";
import { seededRandom } from "../support/random.js";
import { writeConversations } from "./write-conversations.mjs";

const CONVERSATIONS = Number(process.env["KURA_CONVERSATIONS"] ?? 1_000_000);
/** What a process takes that has next to nothing to do. */
const FEW = 10;
/** The least of so many is measured: others work on the same machine. */
const MEASUREMENTS = 3;

const childOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const PROBE = new URL("usage-probe.mjs", import.meta.url).href;

interface Usage {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

async function measured(script: string, ...args: string[]): Promise<Usage & { seconds: number; said: string }> {
  const started = performance.now();
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--import", PROBE, script, ...args]);
  const usage = /^usage (.*)\n$/.exec(stderr);
  if (!usage) throw new Error(`${script} says ${stderr}`);
  const seconds = (performance.now() - started) / 1000;
  return { ...(JSON.parse(usage[1]!) as Usage), seconds, said: stdout };
}

async function leastOf(script: string, ...args: string[]): Promise<Usage> {
  const all: Usage[] = [];
  for (let i = 0; i < MEASUREMENTS; i++) all.push(await measured(script, ...args));
  return {
    cpuSeconds: Math.min(...all.map(({ cpuSeconds }) => cpuSeconds)),
    // Memory may come out larger by chance too, and then it was needed.
    peakBytes: Math.max(...all.map(({ peakBytes }) => peakBytes)),
  };
}

const MB = 1_000_000;
const spell = ({ cpuSeconds, peakBytes }: Usage) =>
  `${cpuSeconds.toFixed(2)} s of CPU, ${Math.round(peakBytes / MB)} MB at most`;

describe.runIf(LONG)(`${CONVERSATIONS} conversations`, () => {
  let scratch: string;
  let library: string;
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), "kura-scale-"));
    library = await ownLibrary(scratch);
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it("an idle run costs no more CPU than hashing the input, in 250 MB; kura status less than a second", async () => {
    const run = (name: string) =>
      [childOf("scale-child.mjs"), library, join(scratch, `${name}.jsonl`), join(scratch, name)] as const;
    await writeConversations(join(scratch, "few.jsonl"), FEW, seededRandom(SEED));
    const bytes = await writeConversations(join(scratch, "many.jsonl"), CONVERSATIONS, seededRandom(SEED));
    console.log(`scale, seed ${SEED}: ${CONVERSATIONS} conversations of ${Math.round(bytes / MB)} MB`);
    await measured(...run("few"));

    const first = await measured(...run("many"));
    const { summaries, embeddings } = JSON.parse(first.said) as Record<string, Tally>;
    console.log(
      `  first run: ${Math.round(first.seconds)} s, ${spell(first)}; ${summaries!.paid} summaries and ${embeddings!.paid} vectors paid for, ${summaries!.reused + embeddings!.reused} reused`,
    );
    expect(summaries!.paid + summaries!.reused).toBe(CONVERSATIONS);
    // They are different, so nearly nothing is said twice.
    expect(summaries!.reused).toBeLessThan(CONVERSATIONS / 1000);

    const again = await measured(...run("many"));
    expect(again.said).toBe("{}");
    const idle = await leastOf(...run("many"));
    const idleOfFew = await leastOf(...run("few"));
    const hash = await leastOf(childOf("hash-child.mjs"), library, join(scratch, "many.jsonl"));
    const hashOfFew = await leastOf(childOf("hash-child.mjs"), library, join(scratch, "few.jsonl"));
    console.log(`  idle run: ${spell(idle)}; on ${FEW} conversations ${spell(idleOfFew)}`);
    console.log(`  hashing the input: ${spell(hash)}; of ${FEW} conversations ${spell(hashOfFew)}`);
    const status = await leastOf(join(library, "cli/bin.js"), "status", join(scratch, "many"));
    console.log(`  kura status: ${spell(status)}`);
    expect(status.cpuSeconds).toBeLessThan(1);
    expect(idle.peakBytes).toBeLessThan(250 * MB);
    // Beyond what starting takes. A tenth for the noise of the measurement.
    const [idleSeconds, hashSeconds] = [idle.cpuSeconds - idleOfFew.cpuSeconds, hash.cpuSeconds - hashOfFew.cpuSeconds];
    console.log(`  beyond starting: ${idleSeconds.toFixed(2)} s against ${hashSeconds.toFixed(2)} s`);
    expect(idleSeconds).toBeLessThan(hashSeconds * 1.1);
  });
});
