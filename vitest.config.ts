import { defineConfig } from "vitest/config";
import { builtEntries } from "./test/support/build-entries.js";

/** Hundreds of crashes, kills and faults. `npm run test:proofs`, CI, and whoever names them run them: docs/decisions/009. */
const PROOFS = ["test/crash/**", "test/proof/**"];
const withProofs =
  process.env["KURA_LONG"] !== undefined || process.argv.some((word) => /^test\/(crash|proof)/.test(word));

export default defineConfig({
  plugins: [builtEntries()],
  test: {
    include: ["test/**/*.test.ts"],
    exclude: withProofs ? [] : PROOFS,
    globalSetup: ["test/support/build-entries.ts"],
    // Two cores: more workers than that only make the timings of crash tests noisy.
    maxWorkers: 2,
    // A test that hangs is stopped; one that is slow on a busy machine is not. The slowest takes ten seconds on an idle one.
    testTimeout: 120_000,
  },
});
