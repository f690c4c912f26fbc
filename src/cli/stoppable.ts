/**
 * The same items; asking for the next one rejects as soon as the signal is aborted. Reading a pipe on which nothing comes cannot be
 * stopped otherwise: the system's read goes on until the process ends.
 */
export async function* stoppable<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void> {
  let stop: () => void = () => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
  });
  // Nobody may be waiting when it comes.
  stopped.catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  const iterator = items[Symbol.asyncIterator]();
  let isDone = false;
  try {
    signal.throwIfAborted();
    for (;;) {
      const next = await Promise.race([iterator.next(), stopped]);
      isDone = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    // Closing waits for a read that is under way.
    if (!isDone && !signal.aborted) await iterator.return?.();
  }
}
