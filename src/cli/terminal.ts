import type { Effects, Output } from "./effects.js";

/** https://no-color.org: set and not empty. `main` sets it for --no-color. */
export function wantsColor({ isTerminal }: Output, { env }: Pick<Effects, "env">): boolean {
  return isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

/** Lines of a tree: as wide as the terminal, 100 cells in a file. */
export function treeWidth({ isTerminal, columns }: Output): number {
  return isTerminal ? Math.max(40, columns) : 100;
}
