import { expect, it } from "vitest";
import { type ProgressKind, progressOf, type RunEvent } from "../../src/cli/progress.js";
import { fakeEffects } from "./typed.js";

/** A run of 100 summaries, one every 200 ms, after a reused step. */
function play(kind: ProgressKind, columns = 80) {
  let at = 0;
  const { effects, stdout, stderr } = fakeEffects({ isTerminal: kind === "terminal", columns, now: () => at });
  const progress = progressOf(kind, effects);
  const decide = (step: "conversations" | "summaries", action: "make" | "reuse"): RunEvent => ({
    type: "decision",
    decision: { step, action, because: action === "make" ? "missing" : "fresh", reasons: [] },
  });
  for (let part = 0; part <= 10; part++) {
    progress.tell({ type: "read", bytesRead: part * 1000, bytesTotal: 10_000, conversations: part * 10 });
    at += 5;
  }
  progress.tell(decide("conversations", "reuse"));
  progress.tell({ type: "step-start", step: "conversations", total: 100 });
  progress.tell({ type: "step-end", step: "conversations", rows: 100, reused: true, seconds: 0 });
  progress.tell(decide("summaries", "make"));
  progress.tell({ type: "step-start", step: "summaries", total: 100 });
  for (let done = 1; done <= 100; done++) {
    at += 200;
    progress.tell({ type: "progress", step: "summaries", done, total: 100 });
    progress.tell({ type: "progress", step: "summaries", done, total: 100 });
    if (done % 50 === 0)
      progress.tell({ type: "warning", code: "waiting", checkpoint: "summaries", message: "Waiting" });
  }
  progress.tell({ type: "step-end", step: "summaries", rows: 100, reused: false, seconds: 20 });
  progress.end();
  return { stdout: stdout(), stderr: stderr() };
}

it("is plain lines away from a terminal: start, every five seconds, end", () => {
  expect(play("plain")).toMatchInlineSnapshot(`
    {
      "stderr": "reading: started
    conversations: 100 rows, reused
    summaries: started
    summaries: 25 of 100, 25%, 5.0/s, 15 s left
    summaries: 50 of 100, 50%, 5.0/s, 10 s left
    warning: Waiting
    summaries: 75 of 100, 75%, 5.0/s, 5.0 s left
    summaries: 100 of 100, 100%, 5.0/s
    summaries: 100 rows, made in 20 s
    ",
      "stdout": "",
    }
  `);
});

it.each([
  ["plain", "summaries: Busy (trying again)\n"],
  ["quiet", ""],
] as const)("says once for a step that calls are made again (%s)", (kind, expected) => {
  const { effects, stderr } = fakeEffects({});
  const progress = progressOf(kind, effects);
  for (const message of ["Busy", "Busy still"])
    progress.tell({ type: "retry", step: "summaries", message, delayMs: 500 });
  progress.end();
  expect(stderr()).toBe(expected);
});

it("is one line on a terminal that is repainted at most ten times a second, with count, rate and time left", () => {
  const { stderr, stdout } = play("terminal");
  expect(stdout).toBe("");
  const paints = stderr.split("\r\u001b[2K");
  expect(paints).toContain("summaries: 40 of 100, 40%, 5.0/s, 12 s left");
  expect(paints.filter((paint) => paint.startsWith("summaries: 40 of"))).toHaveLength(1);
  expect(paints.filter((paint) => paint.startsWith("reading"))).toHaveLength(2);
  expect(stderr.split("\n").map((line) => line.split("\r\u001b[2K").at(-1))).toEqual([
    "conversations: 100 rows, reused",
    "warning: Waiting",
    "summaries: 100 rows, made in 20 s",
    "",
  ]);
});

it("never wraps the repainted line", () => {
  const lines = play("terminal", 20).stderr.replaceAll("\r\u001b[2K", "\n").split("\n");
  for (const line of lines.filter((text) => text.startsWith("summaries: ") && !text.includes("made"))) {
    expect(line.length).toBeLessThan(20);
  }
});

it("says only warnings when quiet", () => {
  expect(play("quiet")).toEqual({ stdout: "", stderr: "warning: Waiting\n" });
});

it("is JSON Lines on stdout, with the last state of everything", () => {
  const { stdout, stderr } = play("json");
  expect(stderr).toBe("");
  const events = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RunEvent);
  expect(events.filter(({ type }) => type === "read")).toEqual([
    { type: "read", bytesRead: 0, bytesTotal: 10_000, conversations: 0 },
    { type: "read", bytesRead: 10_000, bytesTotal: 10_000, conversations: 100 },
  ]);
  expect(events.filter((event) => event.type === "progress").at(-1)).toMatchObject({ done: 100, total: 100 });
  expect(events.at(-1)).toMatchObject({ type: "step-end", step: "summaries" });
});
