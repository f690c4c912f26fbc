import { describe, expect, it } from "vitest";
import { zstdCompress, zstdDecompress } from "../../src/formats/columnar/zstd.js";

const bytesOf = (length: number) => Buffer.from("what people said, ".repeat(length / 16)).subarray(0, length);

describe("zstdDecompress()", () => {
  const sizes: [string, number][] = [
    ["a page", 100_000],
    ["a buffer of megabytes", 5 << 20],
  ];
  it.each(sizes)("gives back what was compressed: %s", async (_, length) => {
    const plain = bytesOf(length);
    expect(plain.equals(await zstdDecompress(await zstdCompress(plain, 3), length))).toBe(true);
  });

  it.each(sizes)("says that bytes are none, and goes on with others: %s", async (_, length) => {
    const plain = bytesOf(length);
    const compressed = await zstdCompress(plain, 3);
    const broken = Buffer.from(compressed).fill(0xff, compressed.length >> 1);
    const [bad, good] = await Promise.allSettled([zstdDecompress(broken, length), zstdDecompress(compressed, length)]);
    expect(bad).toMatchObject({ status: "rejected", reason: expect.any(Error) });
    expect(good).toMatchObject({ status: "fulfilled" });
    await expect(zstdDecompress(compressed, length + 1)).rejects.toThrow(
      `a compressed page holds ${length} bytes and claims ${length + 1}`,
    );
  });

  it("leaves the event loop to others while it works on much", async () => {
    const compressed = await zstdCompress(bytesOf(5 << 20), 3);
    let isOver = false;
    const done = zstdDecompress(compressed, 5 << 20).then(() => {
      isOver = true;
    });
    // The library is loaded: here, it would be over before any turn of the event loop; a thread's answer takes one.
    for (let n = 0; n < 100; n++) await undefined;
    expect(isOver).toBe(false);
    await done;
  });
});
