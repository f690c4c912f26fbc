/**
 * `datasets` reads a directory while it is saved over, every other time with another type of column: no load may fail, or mix two saves.
 *
 *   node interop/live.mjs <version set>...      after `npm run build`; interop/run.sh makes the Python environments
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { HFDatasetCheckpointManager } from "../dist/index.js";

const SECONDS = 20;
/** Of one earlier revision the files stay: a load may take as long as is between two saves. */
const BETWEEN_SAVES_MS = 500;

const here = fileURLToPath(new URL(".", import.meta.url));

for (const versionSet of process.argv.slice(2)) {
  const directory = mkdtempSync(join(tmpdir(), "kura-live-"));
  try {
    const checkpoints = new HFDatasetCheckpointManager(directory);
    await save(checkpoints, 0);
    const python = join(here, `.venv-${versionSet}`, "bin", "python");
    const reader = spawn(python, ["-B", join(here, "live_reader.py"), join(directory, "notes"), String(SECONDS)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(reader, "close");
    let said = "";
    reader.stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
    await Promise.race([once(reader.stdout, "data"), closed]);
    for (let number = 1; reader.exitCode === null; number++) {
      await save(checkpoints, number);
      await Promise.race([pause(BETWEEN_SAVES_MS), closed]);
    }
    const [code] = await closed;
    process.stdout.write(said.replace("ready\n", ""));
    if (code !== 0) process.exitCode = 1;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function save(checkpoints, number) {
  const count = 10 + (number % 7) * 400;
  const rows = Array.from({ length: count }, (_, id) => ({ id, save: number, count }));
  const columns = [
    { name: "id", type: "int32" },
    { name: "save", type: number % 2 ? "int64" : "float64" },
    { name: "count", type: "int32" },
  ];
  await checkpoints.saveCheckpoint("notes", rows, { name: "note", columns });
}
