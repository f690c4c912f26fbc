import { beforeAll, describe, expect, it, vi } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { MultiCheckpointManager } from "../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { CallError } from "../../src/errors.js";
import { resumableMap } from "../../src/pipeline/resumable-map.js";
import { MemoryStorage } from "../../src/storage/memory.js";

/*
 * A file of its own, since what is loaded later in one that resets its modules belongs to no copy that was there before: errors of it are
 * instances of no class that the file knows.
 */

describe("another copy of the package, loaded beside this one", () => {
  let errors: typeof import("../../src/errors.js");
  let managers: typeof import("../../src/checkpoints/jsonl-checkpoint-manager.js");
  beforeAll(async () => {
    vi.resetModules();
    errors = await import("../../src/errors.js");
    managers = await import("../../src/checkpoints/jsonl-checkpoint-manager.js");
  });

  it("has CallErrors that say as well whether to try again", async () => {
    expect(errors.CallError).not.toBe(CallError);
    for (const kind of ["final", "fatal"] as const) {
      const fn = vi.fn(async (): Promise<never> => {
        throw new errors.CallError(kind, "refused", "no");
      });
      const checkpointManager = new JSONLCheckpointManager(new MemoryStorage());
      const options = { name: "replies", inputs: ["t0"], key: String, fn, checkpointManager, maxFailed: 1 };
      await resumableMap(options).catch(() => {});
      expect(fn).toHaveBeenCalledTimes(1);
    }
    class Mine extends CallError {}
    expect(new errors.CallError("final", "refused", "no")).not.toBeInstanceOf(Mine);
    expect(new Mine("final", "refused", "no")).toBeInstanceOf(CallError);
    expect(new Error("no")).not.toBeInstanceOf(CallError);
  });

  it("has managers whose directories are known", () => {
    const theirs = (name: string) => new managers.JSONLCheckpointManager(name);
    expect(theirs("x")).not.toBeInstanceOf(JSONLCheckpointManager);
    const mine = new JSONLCheckpointManager("x");
    expect(() => new MultiCheckpointManager([mine, theirs("./x")])).toThrow(/is there twice/);
    expect(() => new MultiCheckpointManager([mine, theirs("./y")])).not.toThrow();
  });
});
