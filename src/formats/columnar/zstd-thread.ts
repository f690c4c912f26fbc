import { Worker } from "node:worker_threads";

/** How long the thread waits for another page. */
const IDLE_MS = 3_000;

interface Job {
  resolve(compressed: Uint8Array): void;
  reject(error: unknown): void;
}

let thread: { worker: Worker; jobs: Job[]; idleTimer: NodeJS.Timeout | undefined } | undefined;

/** In another thread, which compresses one page after another. */
export function compressInThread(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  const { worker, jobs, idleTimer } = thread ?? start();
  clearTimeout(idleTimer);
  // While it has work the process does not end.
  worker.ref();
  const copy = new Uint8Array(bytes);
  worker.postMessage({ bytes: copy, level }, [copy.buffer]);
  return new Promise((resolve, reject) => jobs.push({ resolve, reject }));
}

function start(): NonNullable<typeof thread> {
  const worker = new Worker(new URL("./zstd-worker.js", import.meta.url));
  const jobs: Job[] = [];
  const started: NonNullable<typeof thread> = { worker, jobs, idleTimer: undefined };
  const end = () => {
    if (thread === started) thread = undefined;
    void worker.terminate();
  };
  worker.on("message", (compressed: Uint8Array) => {
    jobs.shift()!.resolve(compressed);
    if (jobs.length > 0) return;
    worker.unref();
    started.idleTimer = setTimeout(end, IDLE_MS).unref();
  });
  worker.on("error", (error) => {
    end();
    for (const { reject } of jobs.splice(0)) reject(error);
  });
  thread = started;
  return started;
}
