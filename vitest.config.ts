import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Two cores: more workers than that only make the timings of crash tests noisy.
    maxWorkers: 2,
    testTimeout: 30_000,
  },
});
