import { defineConfig } from "vitest/config";
import { builtEntries } from "./test/support/build-entries.js";

export default defineConfig({
  plugins: [builtEntries()],
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build-entries.ts"],
    // Two cores: more workers than that only make the timings of crash tests noisy.
    maxWorkers: 2,
    // A test that hangs is stopped; one that is slow on a busy machine is not. The slowest takes ten seconds on an idle one.
    testTimeout: 120_000,
  },
});
