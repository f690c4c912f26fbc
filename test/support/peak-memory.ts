import { readdirSync, readFileSync } from "node:fs";

const MB = 1024;

/** Of this process, in MB. */
export const ownPeakMb = (): number => Math.round(process.resourceUsage().maxRSS / MB);

/** The most that any child of this process has taken while an act went on, in MB; 0 where no /proc tells. Looks every few milliseconds. */
export async function childrenPeakMb(act: () => Promise<unknown>): Promise<number> {
  let peak = 0;
  const timer = setInterval(() => {
    for (const pid of childrenOf(process.pid)) peak = Math.max(peak, peakOf(pid));
  }, 5);
  try {
    await act();
  } finally {
    clearInterval(timer);
  }
  return Math.round(peak / MB);
}

function childrenOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean),
    );
  } catch {
    return [];
  }
}

function peakOf(pid: string): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
