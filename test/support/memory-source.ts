import type { ByteSink, ByteSource } from "../../src/bytes/byte-source.js";

/** A source over bytes that remembers what it was asked for. It uses the memory it is offered, as a file does. */
export function memorySource(content: string | Uint8Array): ByteSource & { reads: [number, number][] } {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const reads: [number, number][] = [];
  return {
    byteLength: bytes.length,
    reads,
    async read(start, end, { signal, into } = {}) {
      signal?.throwIfAborted();
      if (!(start >= 0 && start <= end && end <= bytes.length))
        throw new RangeError(`bytes ${start}-${end} of ${bytes.length} were asked for`);
      reads.push([start, end]);
      const target = into && into.length >= end - start ? into.subarray(0, end - start) : new Uint8Array(end - start);
      target.set(bytes.subarray(start, end));
      return target;
    },
    async close() {},
  };
}

/** A sink that keeps what it was given, and spoils the chunk afterwards no less than its caller may. */
export function memorySink(): ByteSink & { bytes(): Buffer; text(): string; writes: number[] } {
  const chunks: Buffer[] = [];
  const writes: number[] = [];
  return {
    writes,
    async write(chunk) {
      writes.push(chunk.length);
      chunks.push(Buffer.from(new Uint8Array(chunk)));
      await Promise.resolve();
    },
    bytes: () => Buffer.concat(chunks),
    text: () => Buffer.concat(chunks).toString("utf8"),
  };
}
