import type { CommandSpec, OptionSpecs, ParsedArgs } from "./args.js";
import type { Effects } from "./effects.js";

/** What `--help` of the whole program says too. */
export const EXIT_CODES = { ok: 0, failed: 1, usage: 2, incomplete: 3 } as const;

/** One command: what it takes, and what it does with it. Resolves to the exit code. */
export interface Command<S extends OptionSpecs = OptionSpecs> {
  readonly spec: CommandSpec<S>;
  /** Said when it is interrupted, after "Stopped.". */
  readonly whenStopped?: string;
  run(args: ParsedArgs<S>, effects: Effects): Promise<number>;
}
