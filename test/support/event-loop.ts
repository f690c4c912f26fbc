import { PerformanceObserver } from "node:perf_hooks";

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Shorter ones are not looked at. */
const WORTH_A_LOOK_MS = 15;

/**
 * The longest time for which an act held the event loop, in milliseconds, and how long garbage was collected in it. Between two turns of
 * it, of the time that passed and the time that this process computed, the shorter counts: on a busy machine it is stopped now and
 * then, and it has other threads.
 */
export async function longestHold(act: () => Promise<unknown>): Promise<{ ms: number; garbageMs: number }> {
  const garbage: Span[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      garbage.push({ start: startTime, end: startTime + duration });
  });
  observer.observe({ entryTypes: ["gc"] });
  const held: (Span & { ms: number })[] = [];
  let isRunning = true;
  const watching = (async () => {
    while (isRunning) {
      const start = performance.now();
      const before = process.cpuUsage();
      await new Promise((resolve) => setImmediate(resolve));
      const end = performance.now();
      const { user, system } = process.cpuUsage(before);
      const ms = Math.min(end - start, (user + system) / 1000);
      if (ms > WORTH_A_LOOK_MS || held.length === 0) held.push({ start, end, ms });
    }
  })();
  try {
    await act();
  } finally {
    isRunning = false;
  }
  await watching;
  // Its entries come in a turn of their own.
  await new Promise((resolve) => setTimeout(resolve, 20));
  observer.disconnect();
  const own = held.map(({ start, end, ms }) => {
    const inside = garbage.filter((span) => span.start < end && span.end > start);
    const garbageMs = inside.reduce((sum, span) => sum + Math.min(end, span.end) - Math.max(start, span.start), 0);
    return { ms: Math.max(0, ms - garbageMs), garbageMs };
  });
  return own.reduce((a, b) => (b.ms > a.ms ? b : a));
}
