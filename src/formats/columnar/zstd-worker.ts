import { parentPort } from "node:worker_threads";
import { loadZstd } from "./zstd-library.js";

/* A thread of its own for what takes up to seconds (zstd-thread.ts). */

/** Bytes to compress at a level, or to decompress to so many bytes at most. */
export type ZstdJob = { readonly bytes: Uint8Array } & ({ readonly level: number } | { readonly byteLength: number });

/** What came of it, or why nothing did. */
export type ZstdAnswer = { readonly bytes: Uint8Array } | { readonly reason: string };

parentPort!.on("message", async (job: ZstdJob) => {
  // What throws here ends the thread: it says nothing of the bytes.
  const zstd = await loadZstd();
  try {
    const bytes = done(job, zstd);
    parentPort!.postMessage({ bytes } satisfies ZstdAnswer, [bytes.buffer as ArrayBuffer]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    parentPort!.postMessage({ reason } satisfies ZstdAnswer);
  }
});

function done(job: ZstdJob, zstd: Awaited<ReturnType<typeof loadZstd>>): Uint8Array {
  if ("level" in job) return zstd.compress(job.bytes, job.level);
  return zstd.decompress(job.bytes, { defaultHeapSize: job.byteLength });
}
