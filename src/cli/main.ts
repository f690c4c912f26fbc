import { readFileSync } from "node:fs";
import { KuraError } from "../errors.js";
import { COMMON_OPTIONS, commandHelp, optionLines, parseCommand } from "./args.js";
import { type Command, EXIT_CODES } from "./command.js";
import { type Effects, Interruption, SIGNAL_EXIT_CODES } from "./effects.js";
import { Failure, UsageError } from "./failure.js";
import { nearestWord } from "./nearest-word.js";

/** In the order of the help. Each is loaded when it is called. */
const COMMANDS: Readonly<Record<string, { about: string; load: () => Promise<Command> }>> = {
  run: {
    about: "conversations in, a named hierarchy of clusters out",
    load: async () => (await import("./commands/run.js")).run,
  },
  status: {
    about: "what the next run would do, and why",
    load: async () => (await import("./commands/status.js")).status,
  },
  ls: { about: "the checkpoints of a directory", load: async () => (await import("./commands/ls.js")).ls },
  info: { about: "all that is known of a checkpoint", load: async () => (await import("./commands/info.js")).info },
  show: { about: "rows of a checkpoint", load: async () => (await import("./commands/show.js")).show },
  tree: { about: "the hierarchy of clusters", load: async () => (await import("./commands/tree.js")).tree },
  convert: {
    about: "write checkpoints in another format",
    load: async () => (await import("./commands/convert.js")).convert,
  },
  verify: {
    about: "read every byte, and say what is damaged",
    load: async () => (await import("./commands/verify.js")).verify,
  },
  compare: {
    about: "sizes by format, or rows that differ",
    load: async () => (await import("./commands/compare.js")).compare,
  },
  sync: {
    about: "bring copies up to the newest state",
    load: async () => (await import("./commands/sync.js")).sync,
  },
  gc: {
    about: "drop what is kept beyond what is wanted",
    load: async () => (await import("./commands/gc.js")).gc,
  },
  adopt: {
    about: "vouch for a file that somebody else saved",
    load: async () => (await import("./commands/adopt.js")).adopt,
  },
  restore: {
    about: "have an earlier revision back",
    load: async () => (await import("./commands/restore.js")).restore,
  },
  push: {
    about: "bring checkpoints to a dataset of the HuggingFace Hub",
    load: async () => (await import("./commands/push.js")).push,
  },
  pull: {
    about: "bring checkpoints from there",
    load: async () => (await import("./commands/pull.js")).pull,
  },
  log: { about: "the commits of a dataset of the Hub", load: async () => (await import("./commands/log.js")).log },
  tag: { about: "name a state of one", load: async () => (await import("./commands/tag.js")).tag },
};

/**
 * The command line. Prints, and resolves to the exit code; rejects never.
 *
 * @param argv What was typed after `kura`.
 */
export async function main(argv: readonly string[], effects: Effects): Promise<number> {
  let command: Command | undefined;
  try {
    const [name, ...rest] = argv;
    if (name === undefined) return await print(effects.stderr, help(), EXIT_CODES.usage);
    if (name === "--version" || name === "-v") return await print(effects.stdout, `${version()}\n`);
    if (name === "--help" || name === "-h") return await print(effects.stdout, help());
    if (name === "help") {
      if (rest[0] === undefined) return await print(effects.stdout, help());
      return await print(effects.stdout, commandHelp((await commandOf(rest[0])).spec));
    }
    command = await commandOf(name);
    if (asksForHelp(rest)) return await print(effects.stdout, commandHelp(command.spec));
    const args = parseCommand(command.spec, rest);
    const env = rest.includes("--no-color") ? { ...effects.env, NO_COLOR: "1" } : effects.env;
    return await command.run(args, { ...effects, env });
  } catch (error) {
    return await explain(error, command, effects);
  }
}

async function commandOf(name: string): Promise<Command> {
  if (Object.hasOwn(COMMANDS, name)) return await COMMANDS[name]!.load();
  const nearest = nearestWord(name, Object.keys(COMMANDS));
  const what = name.startsWith("-") ? `no option ${name} without a command` : `no command "${name}"`;
  throw new UsageError(
    `there is ${what}`,
    nearest === undefined ? "see: kura --help" : `did you mean: kura ${nearest}?`,
  );
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end < 0 ? argv.length : end).some((word) => word === "--help" || word === "-h");
}

async function explain(
  error: unknown,
  command: Command | undefined,
  { stderr, env, signal }: Effects,
): Promise<number> {
  if (signal.aborted && signal.reason instanceof Interruption) {
    await stderr.write(`${["Stopped.", command?.whenStopped].filter(Boolean).join(" ")}\n`);
    return SIGNAL_EXIT_CODES[signal.reason.signalName];
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const isDebug = env["KURA_DEBUG"] === "1";
  const fallback = error instanceof KuraError || isDebug ? undefined : "KURA_DEBUG=1 shows where this comes from";
  const hint = error instanceof Failure ? error.hint : fallback;
  await stderr.write(`kura: ${message}\n${hint === undefined ? "" : `${hint}\n`}`);
  if (isDebug) await stderr.write(`${stack}\n`);
  return error instanceof UsageError ? EXIT_CODES.usage : EXIT_CODES.failed;
}

async function print(output: Effects["stdout"], text: string, code: number = EXIT_CODES.ok): Promise<number> {
  await output.write(text);
  return code;
}

function help(): string {
  const width = Math.max(...Object.keys(COMMANDS).map(({ length }) => length));
  return [
    "kura <command> [options]",
    "",
    "Learn what users really do: conversations become summaries, clusters and a named hierarchy.",
    "",
    "Commands:",
    ...Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`),
    "",
    "Options:",
    ...optionLines({ ...COMMON_OPTIONS, version: { kind: "flag", about: "show the version" } }),
    "",
    "Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 finished but incomplete, 130 stopped by SIGINT (Ctrl-C), 143 by SIGTERM.",
    "Of an unexpected error, KURA_DEBUG=1 shows the stack.",
    "",
    "Example: kura run conversations.json --out checkpoints",
    "Help for one command: kura help show",
    "",
  ].join("\n");
}

function version(): string {
  return (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string })
    .version;
}
