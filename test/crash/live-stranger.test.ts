import { describe, expect, it } from "vitest";
import { interceptFileSystem } from "../support/intercept-file-system.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { DIRECTORY, foreignBytes, HISTORY, PARENT, perform, Subject, VISIBLE, viewOf } from "./subject.js";

const THEIRS = foreignBytes("F");

/** Everything that is kept, under whatever name. */
function keptBytes(disk: PowerLossFileSystem): Buffer[] {
  const names = [...disk.tree.directory(disk.tree.lookup(HISTORY)!).now.keys()].filter((name) =>
    name.endsWith(".data"),
  );
  return names.map((name) => Buffer.from(disk.bytesAt(`${HISTORY}/${name}`)!));
}

/** An overwrite before whose call number `at` another program does something to the visible file. */
async function overwriteDisturbed(at: number, disturb: (disk: PowerLossFileSystem) => Promise<void>) {
  const disk = new PowerLossFileSystem();
  await disk.mkdir(PARENT);
  await perform(new Subject().on(disk), { do: "save", label: "A" });
  await perform(new Subject().on(disk), { do: "save", label: "B" });
  let calls = 0;
  let lastCall = "";
  const disturbed = interceptFileSystem(disk, async (call, run) => {
    if (calls++ === at) {
      lastCall = `${call.method} ${call.to ?? call.path}`;
      await disturb(disk);
    }
    return await run();
  });
  const problem = await perform(new Subject().on(disturbed), { do: "save", label: "C" }).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { disk, calls, lastCall, problem };
}

describe("another program that writes the visible file while we save it", () => {
  it("by truncating it, at any call, finds its bytes in place or kept", async () => {
    let at = 0;
    for (let calls = 1; at < calls; at++) {
      const rewrite = async (disk: PowerLossFileSystem): Promise<void> => disk.rewriteInPlace(VISIBLE, THEIRS);
      const result = await overwriteDisturbed(at, rewrite);
      calls = result.calls;
      expect(result.problem).toBeUndefined();
      const view = await viewOf(result.disk);
      if (view === "foreign F") continue;
      expect(view).toMatch(/^C@/);
      expect(
        keptBytes(result.disk).some((bytes) => bytes.equals(THEIRS)),
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
        await disk.rename(`${DIRECTORY}/theirs`, VISIBLE);
      };
      const result = await overwriteDisturbed(at, replace);
      calls = result.calls;
      expect(result.problem).toBeUndefined();
      const view = await viewOf(result.disk);
      if (view === "foreign F") continue;
      expect(view).toMatch(/^C@/);
      if (!keptBytes(result.disk).some((bytes) => bytes.equals(THEIRS))) lost.push(result.lastCall);
    }
    // The window that only renameat2 could close: from our last look to our rename.
    expect(lost.at(-1)).toBe(`rename ${VISIBLE}`);
    expect(lost.length).toBeLessThanOrEqual(6);
  });
});
