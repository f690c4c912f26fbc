import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { AnswerStore } from "../../src/checkpoints/answers/answer-store.js";
import type { Tally } from "../../src/checkpoints/answers/answers.js";
import { LocalStorage } from "../../src/storage/local.js";
import { LONG } from "../crash/scale.js";
import { ownLibrary } from "../support/own-library.js";
import { answerNumbered, keyNumbered } from "./kill-plan.mjs";
import { assertSame } from "./samples.js";

const PROCESSES = 16;
const ANSWERS = LONG ? 2000 : 100;
const CHILD = fileURLToPath(new URL("writer-child.mjs", import.meta.url));

let scratch: string;
let library: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "kura-answers-many-"));
  library = await ownLibrary(scratch);
});
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

it(`${PROCESSES} processes put answers at once while another reads and collects, and nothing is lost`, async () => {
  const directory = join(scratch, "checkpoints");
  const storage = new LocalStorage(directory);
  let running = true;
  const children = Promise.all(
    Array.from({ length: PROCESSES }, (_, me) =>
      promisify(execFile)(process.execPath, [CHILD, library, directory, String(me), String(ANSWERS)]),
    ),
  ).finally(() => {
    running = false;
  });
  const warnings: unknown[] = [];
  const reader = await AnswerStore.open(storage, { onWarning: (warning) => warnings.push(warning) });
  let [size, looks, skipped] = [0, 0, 0];
  while (running) {
    await reader.refresh();
    // What was seen stays.
    expect(reader.size).toBeGreaterThanOrEqual(size);
    size = reader.size;
    skipped += (await reader.collect({ keep: () => true })).skipped.length;
    looks += 1;
  }
  for (const { stdout, stderr } of await children) {
    expect(stderr).toBe("");
    const { tally, warnings } = JSON.parse(stdout) as { tally: Tally; warnings: unknown[] };
    // Who starts late finds some that the others have bought.
    expect(tally.paid).toBeGreaterThanOrEqual(ANSWERS);
    expect(tally.paid + tally.reused).toBe(ANSWERS + ANSWERS / 10);
    expect(warnings).toEqual([]);
  }
  await reader.refresh();
  expect(warnings).toEqual([]);
  expect(reader.size).toBe(PROCESSES * ANSWERS + ANSWERS / 10);
  const asked = Array.from({ length: PROCESSES * ANSWERS }, (_, number) => number);
  for (let i = 0; i < ANSWERS; i += 10) asked.push(1_000_000 + i);
  for (const number of asked) {
    const answer = (await reader.get(keyNumbered(number)))!;
    assertSame(answer, { ...answerNumbered(number), at: answer.at, step: "test" });
  }
  // With all of them gone the rest can be put together, and what was bought twice is there once.
  const { kept, skipped: left } = await reader.collect({ keep: () => true });
  expect(left).toEqual([]);
  expect(kept).toBe(reader.size);
  expect((await readdir(join(directory, ".kura/answers"))).length).toBeLessThanOrEqual(2);
  await reader.close();
  console.log(
    `answers, ${PROCESSES} processes: ${asked.length} answers, ${looks} looks and collections meanwhile, ${skipped} segments left to their writers`,
  );
});
