import { createHash } from "node:crypto";

/**
 * 32 lower-case hex digits, as Kura's ids, from what a cluster holds: the same members give the same id, in any order, in any run.
 */
export function clusterId(kind: "base" | "meta", members: readonly string[], seed: number): string {
  const hash = createHash("sha256").update(`${kind}\0${seed}\0`);
  for (const member of [...members].sort()) hash.update(`${member}\0`);
  return hash.digest("hex").slice(0, 32);
}
