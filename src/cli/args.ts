import { parseArgs } from "node:util";
import { UsageError } from "./failure.js";
import { nearestWord } from "./nearest-word.js";

interface OptionBase {
  /** What help says of it. */
  readonly about: string;
}
export type OptionSpec = OptionBase &
  (
    | { readonly kind: "flag" }
    | { readonly kind: "text"; readonly value: string; readonly default?: string }
    | { readonly kind: "texts"; readonly value: string }
    | { readonly kind: "integer"; readonly value: string; readonly min: number; readonly default?: number }
    | { readonly kind: "choice"; readonly choices: readonly string[]; readonly default?: string }
  );
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** Options by name, checked and with their defaults. */
export type Options<S extends OptionSpecs> = {
  readonly [K in keyof S]: S[K] extends { kind: "flag" }
    ? boolean
    : S[K] extends { kind: "texts" }
      ? readonly string[] | undefined
      :
          | (S[K] extends { kind: "integer" } ? number : S[K] extends { choices: readonly (infer C)[] } ? C : string)
          | (S[K] extends { default: string | number } ? never : undefined);
};

export interface CommandSpec<S extends OptionSpecs = OptionSpecs> {
  readonly name: string;
  readonly about: string;
  /** What stands without a dash: a word of the help, "[…]" around it where it may be left out. */
  readonly argument?: string;
  readonly options: S;
  readonly example: string;
  /** The way out for who types a second word. */
  readonly secondWord?: (word: string) => string;
  /** Further paragraphs of the help. */
  readonly notes?: string;
}

/** Understood by every command. */
export const COMMON_OPTIONS = {
  help: { kind: "flag", about: "show this help" },
  "no-color": { kind: "flag", about: "no colours (also: the environment variable NO_COLOR)" },
} as const satisfies OptionSpecs;

export interface ParsedArgs<S extends OptionSpecs> {
  readonly argument: string | undefined;
  readonly options: Options<S>;
}

/** @throws {UsageError} For whatever the command does not know, and for values that it cannot use. */
export function parseCommand<S extends OptionSpecs>(spec: CommandSpec<S>, argv: readonly string[]): ParsedArgs<S> {
  const see = `see: kura ${spec.name} --help`;
  const given = new Map<string, string | true>();
  /** Of options that may be given again. */
  const all = new Map<string, string[]>();
  const known: OptionSpecs = { ...spec.options, ...COMMON_OPTIONS };
  const { tokens } = parseArgs({
    args: [...argv],
    // Not strict: its messages are for programmers.
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(known).map(
        ([name, { kind }]) => [name, { type: kind === "flag" ? "boolean" : "string" }] as const,
      ),
    ),
  });
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (!option) throw unknownOption(spec.name, token.rawName, Object.keys(known));
    if (option.kind === "texts") {
      all.set(token.name, [...(all.get(token.name) ?? []), written(token, see)]);
      continue;
    }
    if (given.has(token.name)) throw new UsageError(`--${token.name} is given twice`, see);
    given.set(token.name, option.kind === "flag" ? flag(token.name, token.value) : written(token, see));
  }
  const [argument, extra] = words;
  if (extra !== undefined || (argument !== undefined && !spec.argument)) {
    const word = extra ?? argument!;
    const isPlace = Object.hasOwn(known, "out");
    const hint = (extra && spec.secondWord?.(extra)) ?? (isPlace ? `did you mean --out ${word}?` : see);
    throw new UsageError(`${spec.name} does not know what to do with "${word}"`, hint);
  }
  if (argument === undefined && spec.argument && !spec.argument.startsWith("[")) {
    throw new UsageError(`${spec.name} needs ${spec.argument}`, `for example: ${spec.example}`);
  }
  if (argument === "") throw new UsageError(`${spec.name} cannot use an empty ${spec.argument}`, see);
  const options = Object.entries(spec.options).map(([name, option]) => [
    name,
    option.kind === "texts" ? all.get(name) : chosenValue(name, option, given.get(name)),
  ]);
  return { argument, options: Object.fromEntries(options) as Options<S> };
}

function unknownOption(command: string, typed: string, known: readonly string[]): UsageError {
  const nearest = nearestWord(typed.replace(/^-+/, ""), known);
  return new UsageError(
    `${command} has no option ${typed}`,
    nearest === undefined ? `see: kura ${command} --help` : `did you mean --${nearest}?`,
  );
}

function flag(name: string, value: string | undefined): true {
  if (value !== undefined) throw new UsageError(`--${name} takes no value, "${value}" was given`);
  return true;
}

function written(
  token: { name: string; value?: string | undefined; inlineValue?: boolean | undefined },
  see: string,
): string {
  const { name, value, inlineValue } = token;
  if (value === undefined || value === "") throw new UsageError(`--${name} needs a value`, see);
  // `--out --seed 3`: a value was forgotten.
  if (!inlineValue && /^-\D/.test(value)) {
    throw new UsageError(
      `--${name} needs a value, and "${value}" looks like an option`,
      `if it is the value: --${name}=${value}`,
    );
  }
  return value;
}

function chosenValue(
  name: string,
  option: OptionSpec,
  value: string | true | undefined,
): string | number | boolean | undefined {
  if (option.kind === "flag") return value === true;
  if (option.kind === "texts") return undefined;
  if (value === undefined) return option.default;
  const text = String(value);
  if (option.kind === "integer") return integer(`--${name}`, text, option.min);
  if (option.kind === "choice" && !option.choices.includes(text)) {
    const nearest = nearestWord(text, option.choices);
    throw new UsageError(
      `--${name} is one of ${option.choices.join(", ")}; "${text}" was given`,
      nearest && `did you mean --${name} ${nearest}?`,
    );
  }
  return text;
}

/** @throws {UsageError} Unless the text is an integer, in digits alone, of at least `min`. */
export function integer(what: string, text: string, min: number): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min) {
    throw new UsageError(`${what} is an integer >= ${min}; "${text}" was given`);
  }
  return value;
}

export function commandHelp({ name, about, argument, options, example, notes }: CommandSpec): string {
  const usage = ["kura", name, ...(argument === undefined ? [] : [argument]), "[options]"].join(" ");
  return [
    `${usage}`,
    "",
    about,
    ...(notes === undefined ? [] : ["", notes]),
    "",
    "Options:",
    ...optionLines({ ...options, ...COMMON_OPTIONS }),
    "",
    `Example: ${example}`,
    "",
  ].join("\n");
}

export function optionLines(options: OptionSpecs): string[] {
  const left = Object.entries(options).map(([name, option]) => {
    if (option.kind === "flag") return `  --${name}`;
    if (option.kind === "texts") return `  --${name} <${option.value}> …`;
    return option.kind === "choice" ? `  --${name} ${option.choices.join("|")}` : `  --${name} <${option.value}>`;
  });
  const width = Math.max(...left.map(({ length }) => length));
  return Object.values(options).map((option, index) => {
    const fallback = "default" in option && option.default !== undefined ? ` (default: ${option.default})` : "";
    return `${left[index]!.padEnd(width)}  ${option.about}${fallback}`;
  });
}
