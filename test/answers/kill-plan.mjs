import { createHash } from "node:crypto";

/** What the process that is killed does in each round, known to it and to who kills it: groups of answers that are put at once. */
export function roundNumbered(round) {
  const start = round * 40;
  const group = (from, count) => Array.from({ length: count }, (_, i) => start + from + i);
  const then = round % 2 ? "collect" : "close";
  return { groups: [group(0, 1), group(1, 15), group(16, 24)], then };
}

/** What a collection must leave; the rest it drops. */
export const isNeeded = (number) => number % 5 !== 0;

export const keyNumbered = (number) => createHash("sha256").update(`killed ${number}`).digest("hex");

export function answerNumbered(number) {
  const value = number % 2 ? Float32Array.from({ length: 200 }, (_, i) => number / (i + 1)) : `${number} `.repeat(150);
  return { key: keyNumbered(number), value, attempts: 1, at: new Date(number * 1000).toISOString() };
}
