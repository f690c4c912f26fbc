/** The event loop is never held for longer than 50 ms; what is done between two looks at the clock may take as long again. */
const BREATH_MS = 10;

let last = performance.now();

/** Await what it gives between steps of a few milliseconds: mostly nothing, sometimes a turn of the event loop. */
export function breathe(): Promise<void> | undefined {
  if (performance.now() - last < BREATH_MS) return undefined;
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    last = performance.now();
  });
}
