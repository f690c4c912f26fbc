import { sketch } from "../rows/field-error.js";
import { assertKnownOptions } from "./options.js";

/** What the value of an option is to be, at least; how large it may be says whoever uses it. */
export interface OptionShape {
  /** "true or false", as the end of a sentence that begins with the option. */
  readonly wanted: string;
  is(value: unknown): boolean;
}

export const flag: OptionShape = { wanted: "true or false", is: (value) => typeof value === "boolean" };
export const text: OptionShape = { wanted: "a text", is: (value) => typeof value === "string" };
export const number: OptionShape = {
  wanted: "a number",
  is: (value) => typeof value === "number",
};
export const callback: OptionShape = { wanted: "a function", is: (value) => typeof value === "function" };
export const object: OptionShape = {
  wanted: "an object",
  is: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};
export const oneOf = (...choices: readonly string[]): OptionShape => ({
  wanted: `one of ${choices.join(", ")}`,
  is: (value) => choices.includes(value as string),
});
/** Whoever uses it says what it is to be. */
export const any: OptionShape = { wanted: "", is: () => true };

export type OptionShapes<O> = { readonly [K in keyof Required<O>]: OptionShape };

/**
 * Refuse options that nobody would read, and values that would be taken for something else: `enabled: "no"` is as good as true.
 *
 * @throws {TypeError} Naming the option, what was given, and what is allowed.
 */
export function assertOptions(act: string, options: object, shapes: Readonly<Record<string, OptionShape>>): void {
  assertKnownOptions(act, options, Object.keys(shapes));
  for (const [name, value] of Object.entries(options)) {
    const shape = shapes[name];
    if (value === undefined || shape === undefined || shape.is(value)) continue;
    throw new TypeError(`Cannot ${act}: ${name} is ${shape.wanted}; ${sketch(value)} was given`);
  }
}
