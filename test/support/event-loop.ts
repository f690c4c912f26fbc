/**
 * The longest time for which an act held the event loop, in milliseconds. Between two turns of it, of the time that passed and the time
 * that this process computed, the shorter counts: on a busy machine it is stopped now and then, and it has other threads.
 */
export async function longestHold(act: () => Promise<unknown>): Promise<number> {
  let isRunning = true;
  let longest = 0;
  const watching = (async () => {
    while (isRunning) {
      const started = performance.now();
      const before = process.cpuUsage();
      await new Promise((resolve) => setImmediate(resolve));
      const passed = performance.now() - started;
      const { user, system } = process.cpuUsage(before);
      longest = Math.max(longest, Math.min(passed, (user + system) / 1000));
    }
  })();
  try {
    await act();
  } finally {
    isRunning = false;
  }
  await watching;
  return longest;
}
