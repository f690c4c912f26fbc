import { defineConfig } from "vitest/config";
import { builtEntries, CACHE } from "./test/support/build-entries.js";

/** Hundreds of crashes, kills, faults and mutations. `npm run test:proofs`, CI, and whoever names them run them: docs/decisions/009. */
const PROOFS = [
  "test/crash/**/*.test.ts",
  "test/proof/**/*.test.ts",
  "test/answers/{faults,kill,missing-sync,power-loss,processes}.test.ts",
  "test/checkpoints/every-damage.test.ts",
  "test/checkpoints/multi/{faults,histories,kill}.test.ts",
  "test/formats/*-{damage,event-loop,lossless}.test.ts",
  "test/formats/lossless-pairs.test.ts",
  "test/hub/hub-errors.test.ts",
  "test/package/check-*.test.ts",
  "test/testing/suites-can-fail.test.ts",
];
/** Every block of every page, and what runs them: `npm run test:docs`. */
const DOCS = "test/docs/**/*.test.ts";
const onlyProofs = process.env["KURA_PROOFS"] !== undefined;
const everyFile =
  onlyProofs || process.env["KURA_LONG"] !== undefined || process.argv.some((word) => /^test\//.test(word));

export default defineConfig({
  plugins: [builtEntries()],
  test: {
    include: onlyProofs ? PROOFS : ["test/**/*.test.ts"],
    exclude: everyFile ? [] : [...PROOFS, DOCS],
    // Whoever works without the Hub runs the tests against theirs all the same; what was read of one stays out of the user's cache.
    env: { HF_HUB_OFFLINE: "", XDG_CACHE_HOME: CACHE },
    globalSetup: ["test/support/build-entries.ts"],
    // Two cores: more workers than that only make the timings of crash tests noisy.
    maxWorkers: 2,
    // What nobody listens for in a test.
    execArgv: ["--disable-warning=KuraWarning"],
    // A test that hangs is stopped; one that is slow on a busy machine is not. The slowest takes ten seconds on an idle one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
