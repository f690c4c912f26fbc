import { describe, expect, it } from "vitest";
import { interceptFileSystem } from "../support/intercept-file-system.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { JSONL } from "./form.js";
import { DIRECTORY, PARENT, perform, Subject } from "./subject.js";

const THEIRS = JSONL.foreignContent("F");

/** An overwrite before whose call number `at` another program does something to the visible file. */
async function overwriteDisturbed(at: number, disturb: (disk: PowerLossFileSystem) => Promise<void>) {
  const disk = new PowerLossFileSystem();
  await disk.mkdir(PARENT);
  await perform(new Subject(JSONL).on(disk), { do: "save", label: "A" });
  await perform(new Subject(JSONL).on(disk), { do: "save", label: "B" });
  let calls = 0;
  let lastCall = "";
  const disturbed = interceptFileSystem(disk, async (call, run) => {
    if (calls++ === at) {
      lastCall = `${call.method} ${call.to ?? call.path}`;
      await disturb(disk);
    }
    return await run();
  });
  const problem = await perform(new Subject(JSONL).on(disturbed), { do: "save", label: "C" }).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { disk, calls, lastCall, problem };
}

describe("another program that writes the visible file while we save it", () => {
  it("by truncating it, at any call, finds its bytes in place or kept", async () => {
    let at = 0;
    for (let calls = 1; at < calls; at++) {
      const rewrite = async (disk: PowerLossFileSystem): Promise<void> => disk.rewriteInPlace(JSONL.head, THEIRS);
      const result = await overwriteDisturbed(at, rewrite);
      calls = result.calls;
      expect(result.problem).toBeUndefined();
      const view = await JSONL.viewOf(result.disk);
      if (view === "foreign F") continue;
      expect(view).toMatch(/^C@/);
      expect(
        JSONL.keptContents(result.disk).some((bytes) => bytes.equals(THEIRS)),
        `before call ${at}`,
      ).toBe(true);
    }
    expect(at).toBeGreaterThan(50);
  });

  it("by renaming a new file over it, at any call but those just before our own rename, finds it in place or kept", async () => {
    const lost: string[] = [];
    let at = 0;
    for (let calls = 1; at < calls; at++) {
      const replace = async (disk: PowerLossFileSystem): Promise<void> => {
        disk.rewriteInPlace(`${DIRECTORY}/theirs`, THEIRS);
        await disk.rename(`${DIRECTORY}/theirs`, JSONL.head);
      };
      const result = await overwriteDisturbed(at, replace);
      calls = result.calls;
      expect(result.problem).toBeUndefined();
      const view = await JSONL.viewOf(result.disk);
      if (view === "foreign F") continue;
      expect(view).toMatch(/^C@/);
      if (!JSONL.keptContents(result.disk).some((bytes) => bytes.equals(THEIRS))) lost.push(result.lastCall);
    }
    // The window that only renameat2 could close: from our last look to our rename.
    expect(lost.at(-1)).toBe(`rename ${JSONL.head}`);
    expect(lost.length).toBeLessThanOrEqual(6);
  });
});
