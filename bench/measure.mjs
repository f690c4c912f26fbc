import { spawnSync } from "node:child_process";

/**
 * Run each variant in processes of its own, in turn, so that none has the warm machine to itself; CPU and peak memory are the process's
 * own, without its start. Medians.
 *
 * @param commandOf The command of a variant that is not this script's; it prints a line as `measure` does.
 */
export function compare(script, variants, args, { runs = 5, commandOf = () => undefined } = {}) {
  const results = new Map(variants.map((variant) => [variant, []]));
  for (let run = 0; run < runs; run++) {
    for (const variant of variants) {
      const own = [process.execPath, "--expose-gc", script, "--variant", variant, ...args];
      const [command, ...rest] = commandOf(variant) ?? own;
      const child = spawnSync(command, rest, { encoding: "utf8", maxBuffer: 1 << 26 });
      if (child.status !== 0) throw new Error(`${variant} failed: ${child.stderr}`);
      results.get(variant).push(JSON.parse(child.stdout.trim().split("\n").at(-1)));
    }
  }
  return new Map(
    [...results].map(([variant, all]) => [
      variant,
      { cpu: median(all, "cpu"), wall: median(all, "wall"), peak: median(all, "peak"), check: all[0].check },
    ]),
  );
}

function median(all, name) {
  const values = all.map((one) => one[name]).sort((a, b) => a - b);
  return values[values.length >> 1];
}

/** Time one act, in seconds of CPU (all threads) and of the clock; peak memory in MB. */
export async function measure(act) {
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const started = performance.now();
  const check = await act();
  const used = process.cpuUsage(cpu);
  const result = {
    cpu: (used.user + used.system) / 1e6,
    wall: (performance.now() - started) / 1e3,
    peak: process.resourceUsage().maxRSS / 1024,
    check,
  };
  console.log(JSON.stringify(result));
}

export function table(title, results, floor) {
  console.log(`\n${title}\n`);
  console.log("| variant | CPU s | ratio | wall s | peak MB | ratio |");
  console.log("|---|---|---|---|---|---|");
  const base = results.get(floor);
  for (const [variant, { cpu, wall, peak }] of results) {
    console.log(
      `| ${variant} | ${cpu.toFixed(2)} | ${(cpu / base.cpu).toFixed(2)} | ${wall.toFixed(2)} | ${peak.toFixed(0)} | ${(peak / base.peak).toFixed(2)} |`,
    );
  }
}
