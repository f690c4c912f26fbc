import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Who holds a lock. Process ids come round again; together with the boot and the start time they do not. */
export interface ProcessIdentity {
  readonly host: string;
  /** Identity of this boot of the machine; empty where the system does not tell. */
  readonly boot: string;
  /** Containers share a boot and may share a host name, but number their processes apart. */
  readonly namespace: string;
  readonly pid: number;
  /** In clock ticks since boot; empty where the system does not tell. */
  readonly start: string;
}

function readOr(fallback: string, read: () => string): string {
  try {
    return read();
  } catch {
    return fallback;
  }
}

/** Field 22 of /proc/<pid>/stat (proc(5)). The command name before it may hold spaces and parentheses. */
function startOf(pid: number): string {
  const stat = readOr("", () => readFileSync(`/proc/${pid}/stat`, "utf8"));
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

export function thisProcess(): ProcessIdentity {
  return {
    host: hostname(),
    boot: readOr("", () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    namespace: readOr("", () => readlinkSync("/proc/self/ns/pid")),
    pid: process.pid,
    start: startOf(process.pid),
  };
}

/** `unknown` where only a heartbeat can tell: another machine, another container, a system that does not tell. */
export function livenessOf(holder: ProcessIdentity, self: ProcessIdentity): "alive" | "dead" | "unknown" {
  if (holder.host !== self.host) return "unknown";
  if (holder.boot !== self.boot) return "dead";
  if (holder.namespace !== self.namespace) return "unknown";
  if (holder.start !== "" && self.start !== "") return startOf(holder.pid) === holder.start ? "alive" : "dead";
  if (holder.pid === self.pid) return "alive";
  try {
    process.kill(holder.pid, 0);
    return "unknown";
  } catch (error) {
    return (error as { code?: string }).code === "ESRCH" ? "dead" : "unknown";
  }
}
