import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { combineCrc32 } from "../../src/bytes/crc32-combine.js";

it("combineCrc32() is the checksum of both runs together", () => {
  const bytes = fc.uint8Array({ maxLength: 2000 });
  fc.assert(
    fc.property(bytes, bytes, (first, second) => {
      expect(combineCrc32(crc32(first), crc32(second), second.length)).toBe(crc32(Buffer.concat([first, second])));
    }),
    { seed: 1, numRuns: 200 },
  );
  const large = Buffer.alloc((1 << 20) + 3, 7);
  expect(combineCrc32(crc32("a"), crc32(large), large.length)).toBe(crc32(large, crc32("a")));
});
