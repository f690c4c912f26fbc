import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { breather } from "../../src/math/breathe.js";

let nowMs = performance.now();
beforeEach(() => {
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
});
afterEach(() => {
  vi.restoreAllMocks();
});
const holdFor = (ms: number) => {
  nowMs += ms;
};

describe("breather", () => {
  it("gives nothing to wait for while little time has passed, and the event loop a turn afterwards", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const breathe = breather(undefined);
    holdFor(40);
    await breathe();
    turns = 0;
    expect(breathe()).toBeUndefined();
    holdFor(40);
    expect(turns).toBe(0);
    const pause = breathe();
    expect(pause).toBeInstanceOf(Promise);
    await pause;
    expect(turns).toBeGreaterThan(0);
    expect(breathe()).toBeUndefined();
    clearInterval(timer);
  });

  it("counts what loops before it held", async () => {
    const before = breather(undefined);
    holdFor(40);
    await before();
    holdFor(20);
    const after = breather(undefined);
    holdFor(10);
    expect(after()).toBeInstanceOf(Promise);
  });

  it("throws the reason of an abort: at once when it came before, else at the next breath", async () => {
    expect(() => breather(AbortSignal.abort(new Error("before")))).toThrow("before");
    const stop = new AbortController();
    const breathe = breather(stop.signal);
    setTimeout(() => stop.abort(new Error("meanwhile")), 0);
    holdFor(40);
    await expect(breathe()).rejects.toThrow("meanwhile");
  });
});
