import type { OpenStepped } from "./stepped.js";

/** Formats whose files are decoded in two processes, and how each is opened; `variant` is whatever of its options matters for reading. */
export const STEPPED = {
  parquet: async () => (await import("../parquet/reader.js")).openStepped,
  "hf-dataset": async (variant) => (await import("../hf-dataset/reader.js")).openStepped(variant as string | undefined),
} as const satisfies Record<string, (variant: unknown) => Promise<OpenStepped>>;
