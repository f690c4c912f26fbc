// Loaded before another program (`node --import`): says on standard error at its end what it took.
process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  const usage = { cpuSeconds: (user + system) / 1e6, peakBytes: process.resourceUsage().maxRSS * 1024 };
  process.stderr.write(`usage ${JSON.stringify(usage)}\n`);
});
