import { Worker } from "node:worker_threads";
import { noOwnPart } from "./own-part.js";
import type { ZstdAnswer, ZstdJob } from "./zstd-worker.js";

/** How long the thread waits for more. */
const IDLE_MS = 3_000;

interface Waiting {
  resolve(bytes: Uint8Array): void;
  reject(error: unknown): void;
}

let thread: { worker: Worker; waiting: Waiting[]; idleTimer: NodeJS.Timeout | undefined } | undefined;

/** In another thread, which does one job after another: for what takes longer than the event loop may be held. */
export async function zstdInThread(job: ZstdJob): Promise<Uint8Array> {
  const { worker, waiting, idleTimer } = thread ?? start();
  clearTimeout(idleTimer);
  // While it has work the process does not end.
  worker.ref();
  const bytes = new Uint8Array(job.bytes);
  worker.postMessage({ ...job, bytes } satisfies ZstdJob, [bytes.buffer]);
  return await new Promise((resolve, reject) => waiting.push({ resolve, reject }));
}

const PART = "zstd-worker.js";

function newWorker(): Worker {
  try {
    return new Worker(new URL("./zstd-worker.js", import.meta.url));
  } catch (error) {
    throw noOwnPart(PART, error);
  }
}

function start(): NonNullable<typeof thread> {
  const worker = newWorker();
  const waiting: Waiting[] = [];
  const started: NonNullable<typeof thread> = { worker, waiting, idleTimer: undefined };
  const end = () => {
    if (thread === started) thread = undefined;
    void worker.terminate();
  };
  worker.on("message", (answer: ZstdAnswer) => {
    const { resolve, reject } = waiting.shift()!;
    if ("bytes" in answer) resolve(answer.bytes);
    else reject(new Error(answer.reason));
    if (waiting.length > 0) return;
    worker.unref();
    started.idleTimer = setTimeout(end, IDLE_MS).unref();
  });
  worker.on("error", (error) => {
    end();
    for (const { reject } of waiting.splice(0)) reject(noOwnPart(PART, error));
  });
  thread = started;
  return started;
}
