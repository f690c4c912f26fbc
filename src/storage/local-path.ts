import { existsSync, realpathSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** Through symbolic links, as far as there is something: a directory by another name is the same place. */
export function realPathOf(path: string): string {
  const whole = resolve(path);
  let there = whole;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  return join(realpathSync(there), relative(there, whole));
}
