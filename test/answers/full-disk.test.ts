import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { AnswerStore } from "../../src/checkpoints/answers/answer-store.js";
import { Answers } from "../../src/checkpoints/answers/answers.js";
import { UnwritableAnswersError } from "../../src/errors.js";
import { LocalStorage } from "../../src/storage/local.js";
import { keyOf } from "./samples.js";

const run = promisify(execFile);
const CONCURRENCY = 10;

const textOf = (number: number) => `${number} `.repeat(800);

it("a disk that fills up stops the calls, at most those under way are lost, and none that was given", async (test) => {
  const disk = await mkdtemp(join(tmpdir(), "kura-full-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
  } catch (error) {
    await rm(disk, { recursive: true });
    test.skip(`a tmpfs cannot be mounted here: ${String(error).split("\n")[0]}`);
  }
  try {
    await writeFile(join(disk, "ballast"), Buffer.alloc(500_000));
    const store = await AnswerStore.open(new LocalStorage(join(disk, "checkpoints")));
    const answers = new Answers(store);
    const given: number[] = [];
    const problems: unknown[] = [];
    let called = 0;
    let calledAfter = 0;
    const queue = Array.from({ length: 1000 }, (_, number) => number).values();
    await Promise.all(
      Array.from({ length: CONCURRENCY }, async () => {
        for (const number of queue) {
          const call = async () => {
            called += 1;
            if (problems.length > 0) calledAfter += 1;
            await setTimeout(1);
            return { value: textOf(number) };
          };
          await answers.ask({ key: keyOf(number), call }).then(
            () => given.push(number),
            (error: unknown) => problems.push(error),
          );
        }
      }),
    );
    await store.close();
    expect(given.length).toBeGreaterThan(20);
    expect(problems.length).toBe(1000 - given.length);
    expect(problems.every((problem) => problem instanceof UnwritableAnswersError)).toBe(true);
    expect(String(problems[0])).toContain("no space is left on the device");
    expect(calledAfter).toBe(0);
    expect(called - given.length).toBeLessThanOrEqual(CONCURRENCY);

    await rm(join(disk, "ballast"));
    const again = await AnswerStore.open(new LocalStorage(join(disk, "checkpoints")));
    for (const number of given) expect((await again.get(keyOf(number)))?.value).toBe(textOf(number));
    await again.put({ key: keyOf("after"), value: "there is room", at: new Date(0).toISOString() });
    await again.close();
  } finally {
    await run("umount", [disk]);
    await rm(disk, { recursive: true });
  }
});
