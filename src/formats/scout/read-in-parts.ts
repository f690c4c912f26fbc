import type { ByteReadOptions } from "../../bytes/byte-source.js";
import { breathe } from "../columnar/breathe.js";

/** What goes to another process is hashed and copied on its way: after so much of it the event loop has a turn. */
const PART_BYTES = 4 << 20;

type Read = (start: number, end: number, options?: ByteReadOptions) => Promise<Uint8Array>;

/** The same in parts: other programs write batches of hundreds of megabytes. */
export function inParts(read: Read): Read {
  return async (start, end, options = {}) => {
    if (end - start <= PART_BYTES) return await read(start, end, options);
    const { into } = options;
    const bytes =
      into && into.length >= end - start ? into.subarray(0, end - start) : Buffer.allocUnsafeSlow(end - start);
    for (let at = start; at < end; at += PART_BYTES) {
      const room = bytes.subarray(at - start, Math.min(at + PART_BYTES, end) - start);
      const part = await read(at, at + room.length, { ...options, into: room });
      // Memory that is offered need not be taken.
      if (part.buffer !== room.buffer || part.byteOffset !== room.byteOffset) room.set(part);
      await breathe();
    }
    return bytes;
  };
}
