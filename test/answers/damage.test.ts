import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeLine, encodeLine } from "../../src/checkpoints/answers/answer-line.js";
import { LONG, SEED } from "../crash/scale.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { seededIndex, seededRandom } from "../support/random.js";
import { usedDisk } from "./explore.js";
import { answerOf, type Look, lookAt, openOn, SEGMENTS } from "./samples.js";

const FLIPS = LONG ? 10_000 : 200;
const NUMBERS = Array.from({ length: 40 }, (_, i) => i);
const ELSEWHERE = [100, 101, 102];
const EVERY = [...NUMBERS, ...ELSEWHERE];

const counts = { truncations: 0, flips: 0, unnoticed: 0, lost: 0 };
afterAll(() => {
  console.log(
    `answers, damage, seed ${SEED}: ${counts.truncations} truncations, ${counts.flips} bit flips; 0 silently wrong; ` +
      `a flip loses ${(counts.lost / counts.flips).toFixed(2)} answers of ${NUMBERS.length}, ${counts.unnoticed} without a warning`,
  );
});

interface Victim {
  readonly fs: PowerLossFileSystem;
  readonly path: string;
  readonly bytes: Buffer;
  /** Where the line of each number ends, its own end of line included. */
  readonly lineEnds: readonly number[];
}

/** A disk with a segment to be damaged, and one that must not be reached by it. */
async function victim({ sealed }: { sealed: boolean }): Promise<Victim> {
  const disk = await usedDisk(new PowerLossFileSystem());
  const other = await openOn(disk);
  for (const number of ELSEWHERE) await other.put(answerOf(number));
  await other.close();
  const before = new Set(await disk.readdir(SEGMENTS));
  const store = await openOn(disk);
  for (const number of NUMBERS) await store.put(answerOf(number));
  const unsealed = disk.clone();
  await store.close();
  const fs = sealed ? disk : unsealed;
  const path = `${SEGMENTS}/${(await fs.readdir(SEGMENTS)).find((name) => !before.has(name))}`;
  const bytes = Buffer.from(fs.bytesAt(path)!);
  const lineEnds: number[] = [];
  // The first line says what it is.
  for (let end = bytes.indexOf("\n") + 1; lineEnds.length < NUMBERS.length; ) {
    end = bytes.indexOf("\n", end) + 1;
    lineEnds.push(end);
  }
  return { fs, path, bytes, lineEnds };
}

async function lookAtDamaged({ fs, path }: Victim, bytes: Buffer): Promise<Look> {
  const copy = fs.clone();
  copy.rewriteInPlace(path, bytes);
  const look = await lookAt(copy, EVERY);
  for (const number of ELSEWHERE) expect(look.found.has(number)).toBe(true);
  return look;
}

describe.each([
  ["sealed", true],
  ["left by a writer that died", false],
])("a damaged segment that was %s", (_, sealed) => {
  let whole: Victim;
  beforeAll(async () => {
    whole = await victim({ sealed });
  });

  it("has all of its answers when nothing is damaged", async () => {
    const { found, warnings } = await lookAtDamaged(whole, whole.bytes);
    expect(found.size).toBe(EVERY.length);
    expect(warnings).toEqual([]);
  });

  it("gives every whole answer of what is left when it is cut off anywhere, without a word", async () => {
    const step = LONG ? 1 : 67;
    for (let length = 0; length < whole.bytes.length; length += step) {
      const { found, warnings } = await lookAtDamaged(whole, whole.bytes.subarray(0, length));
      const left = NUMBERS.filter((number) => whole.lineEnds[number]! <= length);
      expect([...found].filter((number) => number < 100)).toEqual(left);
      expect(warnings).toEqual([]);
      counts.truncations += 1;
    }
  });

  it("never gives another answer for a flipped bit, loses at most the two answers beside it, and says so", async () => {
    const random = seededRandom(SEED);
    for (let flip = 0; flip < FLIPS / 2; flip++) {
      const at = seededIndex(random, whole.bytes.length);
      const bytes = Buffer.from(whole.bytes);
      bytes[at]! ^= 1 << seededIndex(random, 8);
      const { found, warnings } = await lookAtDamaged(whole, bytes);
      const lost = EVERY.length - found.size;
      expect(lost).toBeLessThanOrEqual(2);
      counts.flips += 1;
      counts.lost += lost;
      // The end of the last line, of a writer that died, looks like a line that was being written.
      const isLastLine = !sealed && at >= whole.lineEnds.at(-2)!;
      if (lost > 0 && warnings.length === 0) {
        expect(isLastLine).toBe(true);
        counts.unnoticed += 1;
      }
    }
  });

  it("gives the answers around bytes that were zeroed, doubled or taken out", async () => {
    const [start, end] = [whole.lineEnds[9]!, whole.lineEnds[12]!];
    const { bytes } = whole;
    const changed: [string, Buffer, number][] = [
      ["zeroed", Buffer.from(bytes).fill(0, start + 5, end - 5), 3],
      ["doubled", Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]), 0],
      ["taken out", Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]), 3],
      [
        "with a line of something else",
        Buffer.concat([bytes.subarray(0, start), Buffer.from("{}\n\n"), bytes.subarray(start)]),
        0,
      ],
    ];
    for (const [how, damaged, lost] of changed) {
      const { found } = await lookAtDamaged(whole, damaged);
      expect(EVERY.length - found.size, how).toBe(lost);
    }
  });
});

it("a checksum is written in one way only", () => {
  const json = '{"key":""}';
  const line = encodeLine(json).toString().trimEnd();
  expect(decodeLine(Buffer.from(line))?.toString()).toBe(json);
  const upper = line.replace(/^\S+/, (digits) => digits.toUpperCase());
  expect(upper).not.toBe(line);
  for (const bad of [upper, line.slice(1), ` ${line.slice(1)}`, `${line} `, "", "00000000", "00000000 ", "0x000000 {}"])
    expect(decodeLine(Buffer.from(bad)), bad).toBeUndefined();
});
