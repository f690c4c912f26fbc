import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { MultiCheckpointManager } from "../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { CallError } from "../../src/errors.js";
import type { PipelineEvent } from "../../src/pipeline/event.js";
import { resumableMap } from "../../src/pipeline/resumable-map.js";
import { runPipeline } from "../../src/pipeline/run.js";
import type { Conversation } from "../../src/rows/builtin.js";

// Answers and models are kept in the first copy that works, and found in all.

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kura-away-"));
  // Where no directory can be.
  writeFileSync(join(folder, "mount"), "");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sample = readFileSync(new URL("../../examples/conversations.jsonl", import.meta.url), "utf8")
  .split("\n")
  .slice(0, 12)
  .map((line) => JSON.parse(line) as Conversation);

function copies(minimumCopies?: number): MultiCheckpointManager {
  const managers = ["mount/first", "second"].map((name) => new JSONLCheckpointManager(join(folder, name)));
  return new MultiCheckpointManager(managers, { minimumCopies, onEvent: (event) => events.push(event) });
}
let events: unknown[];
beforeEach(() => {
  events = [];
});

/** Fails for good at the last input until it is told that all is well. */
async function map(checkpointManager: MultiCheckpointManager, isWell: boolean) {
  const asked: number[] = [];
  const mapped = await resumableMap({
    name: "notes",
    inputs: [1, 2, 3],
    key: String,
    fn: async (input: number) => {
      asked.push(input);
      if (input === 3 && !isWell) throw new CallError("fatal", "down", "the service is down");
      return { input };
    },
    concurrency: 1,
    checkpointManager,
  }).catch((error: Error) => error);
  return { asked, mapped };
}

it("a map goes on in the second copy, and finds what was paid there when the first one is back", async () => {
  const first = await map(copies(1), false);
  expect(first.asked).toEqual([1, 2, 3]);
  expect(first.mapped).toMatchObject({ message: expect.stringContaining("the service is down") });
  expect(events).toContainEqual(
    expect.objectContaining({
      code: "copy-failed",
      copy: expect.stringContaining("first"),
      message: expect.stringMatching(/; answers and models are kept in .*second \(jsonl\)/),
    }),
  );

  rmSync(join(folder, "mount"));
  expect((await map(copies(), true)).asked).toEqual([3]);
  // What was found in the second is kept in the first.
  rmSync(join(folder, "second"), { recursive: true });
  rmSync(join(folder, "mount", "first", "notes.jsonl"));
  expect((await map(copies(1), true)).asked).toEqual([]);
});

it("nothing is paid where all copies are wanted and the first one does not work", async () => {
  const { asked, mapped } = await map(copies(), true);
  expect(asked).toEqual([]);
  expect(mapped).toBeInstanceOf(Error);
});

it("a run keeps its models in the second copy, and goes on from them when the first one is back", async () => {
  await runPipeline({ conversations: sample, checkpointManager: copies(1) });
  rmSync(join(folder, "mount"));
  const decisions: string[] = [];
  const onEvent = (event: PipelineEvent) => {
    if (event.type === "decision") decisions.push(`${event.decision.action}: ${event.decision.because}`);
  };
  const more = [...sample, { ...sample[0]!, chat_id: "another" }];
  await runPipeline({ conversations: more, checkpointManager: copies(), continue: true, onEvent });
  expect(decisions[2]).toBe("make: stale");
  const { fingerprint } = (await copies().getCheckpointInfo("embeddings"))!;
  expect(JSON.stringify(fingerprint?.["models"])).toContain("as it was made before");
});
