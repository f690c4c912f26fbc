import { parentPort } from "node:worker_threads";
import { loadZstd } from "./zstd.js";
import type { ZstdAnswer, ZstdJob } from "./zstd-thread.js";

/* A thread of its own for what takes up to seconds (zstd-thread.ts). */

parentPort!.on("message", async (job: ZstdJob) => {
  try {
    const bytes = await done(job);
    parentPort!.postMessage({ bytes } satisfies ZstdAnswer, [bytes.buffer as ArrayBuffer]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    parentPort!.postMessage({ reason } satisfies ZstdAnswer);
  }
});

async function done(job: ZstdJob): Promise<Uint8Array> {
  const zstd = await loadZstd();
  if ("level" in job) return zstd.compress(job.bytes, job.level);
  return zstd.decompress(job.bytes, { defaultHeapSize: job.byteLength });
}
