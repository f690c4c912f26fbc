import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { MultiCheckpointManager } from "../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { temporaryDirectory } from "../cli/typed.js";

let emit: MockInstance<typeof process.emitWarning>;
beforeEach(() => {
  emit = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});
afterEach(() => emit.mockRestore());
const said = () => emit.mock.calls.map(([message, options]) => [options, message]);

describe("a warning that nobody listens for", () => {
  it("is Node's to say, once", async () => {
    const dir = temporaryDirectory();
    const manager = new JSONLCheckpointManager(dir);
    for (const name of ["a", "b"]) {
      writeFileSync(join(dir, `${name}.jsonl`), '{"x":1}\n');
      for (let time = 0; time < 3; time++) await manager.loadCheckpoint(name);
    }
    const unverified = { type: "KuraWarning", code: "unverified" };
    expect(said()).toEqual(
      ["a", "b"].map((name) => [unverified, expect.stringContaining(`${name}.jsonl" was not saved by this library`)]),
    );
  });

  it("of a copy is said once of each checkpoint, whatever is saved", async () => {
    const [dir, file] = [temporaryDirectory(), join(temporaryDirectory(), "file")];
    writeFileSync(file, "where no directory can be");
    const managers = [new JSONLCheckpointManager(dir), new JSONLCheckpointManager(file)];
    const multi = new MultiCheckpointManager(managers, { minimumCopies: 1 });
    for (let n = 0; n < 3; n++) await multi.saveCheckpoint("notes", [{ n }]);
    expect(said()).toEqual([[{ type: "KuraWarning", code: "copy-failed" }, expect.stringContaining(file)]]);
  });

  it("is not Node's where somebody listens, nor is what has passed when it is read", async () => {
    const dir = temporaryDirectory();
    writeFileSync(join(dir, "c.jsonl"), '{"x":1}\n');
    const heard: string[] = [];
    const listening = new JSONLCheckpointManager(dir, { onEvent: (event) => heard.push(event.type) });
    await listening.loadCheckpoint("c");
    expect(heard).toEqual(["warning"]);
    const manager = new JSONLCheckpointManager(dir);
    await Promise.all([1, 2, 3].map((n) => manager.saveCheckpoint("d", [{ n }])));
    expect(said()).toEqual([]);
  });
});
