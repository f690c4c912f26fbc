import { expect, it } from "vitest";
import { stoppable } from "../../src/cli/stoppable.js";

it("gives the same items and closes their source", async () => {
  let isClosed = false;
  async function* source() {
    try {
      yield 1;
      yield 2;
      yield 3;
    } finally {
      isClosed = true;
    }
  }
  const seen: number[] = [];
  for await (const item of stoppable(source(), new AbortController().signal)) {
    seen.push(item);
    if (item === 2) break;
  }
  expect({ seen, isClosed }).toEqual({ seen: [1, 2], isClosed: true });
});

it("does not wait for an item that never comes", async () => {
  const controller = new AbortController();
  const silent: AsyncIterable<number> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
  const next = stoppable(silent, controller.signal).next();
  const reason = new Error("enough");
  controller.abort(reason);
  await expect(next).rejects.toBe(reason);
  await expect(stoppable(silent, controller.signal).next()).rejects.toBe(reason);
});
