const BREATH_MS = 25;

/** When the event loop last had a turn that was given here. Shared: loops that follow each other hold it together. */
let last = performance.now();

/**
 * For long loops: gives the event loop a turn when it has been held for a while, and throws where the signal is aborted. Call it every
 * few milliseconds or more often; await what it gives, which mostly is nothing.
 */
export function breather(signal: AbortSignal | undefined): () => Promise<void> | undefined {
  signal?.throwIfAborted();
  return () => {
    if (performance.now() - last < BREATH_MS) return undefined;
    return new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
      last = performance.now();
      signal?.throwIfAborted();
    });
  };
}
