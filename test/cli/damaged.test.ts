import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { filled as filledDirectory } from "./directories.js";
import { typed } from "./typed.js";

/** A directory that a run has filled. */
async function filled() {
  const { out, run } = await filledDirectory();
  return { out, run, file: join(out, "summaries.jsonl"), manager: new JSONLCheckpointManager(out) };
}

const flip = (path: string) => {
  const bytes = readFileSync(path);
  const at = bytes.indexOf("Case 3") + 1;
  bytes[at] = bytes[at]! ^ 1;
  writeFileSync(path, bytes);
};
const cut = (path: string) => truncateSync(path, readFileSync(path).length - 40);

describe.each([
  ["a byte is another", flip],
  ["it is cut off", cut],
])("a damaged checkpoint, of which %s", (_, damage) => {
  it("is no dead end: it is said, made again when asked for, and kept", async () => {
    const { out, run, file } = await filled();
    const before = readFileSync(file);
    damage(file);
    const damaged = readFileSync(file);

    const listed = await typed(["ls", out]);
    expect(listed.stdout).toMatch(/^clusters .* by length$/m);
    expect(listed.stdout).toMatch(damage === cut ? /^summaries .* damaged$/m : /^summaries .* by length$/m);
    const status = await typed(["status", out, "--check"]);
    expect(status.stdout).toMatch(/^conversations +fresh/m);
    expect(status.stdout).toMatch(/^summaries +damaged +stops here/m);
    expect(status.stdout).toMatch(/^embeddings +upstream +makes it +summaries may change/m);
    expect(status.code).toBe(1);
    expect((await run("--dry-run")).stdout).toMatch(/^summaries +damaged +stops here/m);

    const stopped = await run();
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toMatch(/^kura: Cannot read ".*summaries\.jsonl".*no earlier revision is kept/);
    expect(stopped.stderr).toMatch(/\n--from summaries makes it anew .* not bought again\n$/);
    expect(readFileSync(file)).toEqual(damaged);

    expect((await run("--from", "summaries")).code).toBe(0);
    expect(readFileSync(file)).toEqual(before);
    expect(await run()).toMatchObject({ code: 0, stderr: "" });
    const info = await typed(["info", "summaries", "--out", out]);
    const [, id] = /(f\S+Z\S+).* not saved by this library/.exec(info.stdout)!;
    expect(readFileSync(join(out, `.kura/summaries.jsonl/${id}.data`))).toEqual(damaged);
  });

  it("is restored from the revision before, and not to the damaged file", async () => {
    const { out, run, file, manager } = await filled();
    const summaries = readFileSync(file);
    await manager.saveCheckpoint("summaries", (await manager.loadCheckpoint("summaries"))!.slice(1));
    damage(file);
    expect((await run()).stderr).toMatch(/restore an earlier revision/);
    const restored = await typed(["restore", "summaries", "--out", out]);
    expect(restored).toMatchObject({ code: 0 });
    expect(restored.stdout).not.toContain("undo");
    expect(restored.stdout).toMatch(/what stood there was damaged; it is kept as revision f\S+\n$/);
    expect(readFileSync(file)).toEqual(summaries);
    // Again: what is newest was damaged, and is not what is wanted.
    expect((await typed(["restore", "summaries", "--out", out])).code).toBe(0);
    expect(readFileSync(file)).toEqual(summaries);
  });

  it("of which no revision is kept, says what works instead of restoring", async () => {
    const { out, file } = await filled();
    damage(file);
    const { code, stderr } = await typed(["restore", "summaries", "--out", out]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^kura: summaries has no earlier revision\nkura run … --from summaries makes it anew .*\n$/);
  });
});
