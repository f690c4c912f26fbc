const BREATH_MS = 30;

/** For long loops: gives the event loop a turn when it has been held for a while, and notices an abort. Call it often. */
export function breather(signal: AbortSignal | undefined): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < BREATH_MS) return undefined;
    return new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
      signal?.throwIfAborted();
      last = performance.now();
    });
  };
}
