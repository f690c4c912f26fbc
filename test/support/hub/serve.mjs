/**
 * The test Hub as a process: `node serve.mjs [--part-bytes n] [--no-redirects]` prints its address as a line of JSON, and ends with its input.
 */
import { startHub } from "./hub.mjs";

const optionOf = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const partBytes = optionOf("--part-bytes");
const hub = await startHub({
  redirects: !process.argv.includes("--no-redirects"),
  ...(partBytes !== undefined && { partBytes: Number(partBytes) }),
});
process.stdout.write(`${JSON.stringify({ url: hub.url })}\n`);
// Whoever started it is gone.
process.stdin.resume().on("end", () => hub.close().then(() => process.exit(0)));
