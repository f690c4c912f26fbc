import { parentPort } from "node:worker_threads";
import { loadZstd } from "./zstd.js";

/* A thread of its own for high levels, at which a page takes up to seconds (zstd-thread.ts). */

parentPort!.on("message", async ({ bytes, level }: { bytes: Uint8Array; level: number }) => {
  const compressed = (await loadZstd()).compress(bytes, level);
  parentPort!.postMessage(compressed, [compressed.buffer as ArrayBuffer]);
});
