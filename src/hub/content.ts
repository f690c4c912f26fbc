import { createHash } from "node:crypto";
import type { HttpBody } from "./exchange.js";

/** What a file is to hold: bytes that can be read as often as it takes to send them. */
export interface Content {
  readonly byteLength: number;
  /** SHA-256, in hexadecimal. */
  readonly sha256: string;
  /** What git calls these bytes, of those that are small enough to be kept by git. */
  readonly blobId?: string;
  /** Exactly `end - start` bytes. */
  read(start: number, end: number): Promise<Uint8Array>;
}

const CHUNK_BYTES = 1 << 20;

export function contentOf(bytes: Uint8Array): Content {
  return {
    byteLength: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    blobId: gitBlobId(bytes),
    read: async (start, end) => bytes.subarray(start, end),
  };
}

/** A part of a content, as the body of a request. */
export function partBody(content: Content, start: number, end: number): HttpBody {
  return {
    byteLength: end - start,
    async *chunks() {
      for (let at = start; at < end; at += CHUNK_BYTES) yield await content.read(at, Math.min(end, at + CHUNK_BYTES));
    },
  };
}

/** What git calls these bytes. */
export function gitBlobId(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
