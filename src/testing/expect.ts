import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";

type ErrorClass = abstract new (...args: never[]) => Error;

/** The few assertions that the suite needs, of no test runner. */
export function expect(actual: unknown, about?: string) {
  return {
    toBe: (expected: unknown) => assert.ok(Object.is(actual, expected), fails(actual, "is not", expected, about)),
    toEqual: (expected: unknown) => assert.deepStrictEqual(actual, expected, about),
    /** Of objects, the members that are expected; of all else, all. */
    toMatchObject: (expected: object) =>
      assert.ok(matches(actual, expected), fails(actual, "does not match", expected, about)),
    toBeUndefined: () => assert.equal(actual, undefined, about),
    toBeInstanceOf: (expected: ErrorClass) =>
      assert.ok(actual instanceof expected, fails(actual, "is no", expected.name, about)),
    toBeGreaterThan: (expected: number) =>
      assert.ok((actual as number) > expected, fails(actual, "is not greater than", expected, about)),
    toHaveLength: (expected: number) =>
      assert.equal((actual as { length: number } | undefined)?.length, expected, about),
    rejects: {
      async toThrow(expected: ErrorClass | RegExp | string): Promise<void> {
        const error = await Promise.resolve(actual).then(
          (value) => assert.fail(fails(value, "is no error, and not", expected, about)),
          (error: unknown) => error,
        );
        const isIt =
          typeof expected === "function"
            ? error instanceof expected
            : error instanceof Error &&
              (typeof expected === "string" ? error.message.includes(expected) : expected.test(error.message));
        assert.ok(isIt, fails(error, "is not", expected, about));
      },
    },
  };
}

function matches(actual: unknown, expected: unknown): boolean {
  if (!isPlain(expected) || typeof actual !== "object" || actual === null) return isDeepStrictEqual(actual, expected);
  return Object.entries(expected).every(([key, value]) => matches((actual as Record<string, unknown>)[key], value));
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function fails(actual: unknown, how: string, expected: unknown, about: string | undefined): string {
  return `${about === undefined ? "" : `${about}: `}${shown(actual)} ${how} ${shown(expected)}`;
}

function shown(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === "function") return value.name;
  if (value instanceof RegExp || value === undefined) return String(value);
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? `${inner}n` : inner));
}
