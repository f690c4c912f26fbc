import { open } from "node:fs/promises";

/** A local file as the formats read it, without a manager's checks around it: a bench of a format adds those that it is about. */
export async function localSource(path) {
  const handle = await open(path);
  const { size } = await handle.stat();
  return {
    byteLength: size,
    read: async (start, end, { into } = {}) => {
      const bytes =
        into && into.length >= end - start ? into.subarray(0, end - start) : Buffer.allocUnsafeSlow(end - start);
      await handle.read(bytes, 0, end - start, start);
      return bytes;
    },
    close: () => handle.close(),
  };
}
