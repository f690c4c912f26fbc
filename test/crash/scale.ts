/** `npm run test:long` sets it: everything that can be enumerated is, instead of a seeded sample. */
export const LONG = process.env["KURA_LONG"] !== undefined;

/** Every form as much as the first, of which the others share the protocol; minutes instead of seconds. */
export const WIDE = LONG || process.env["KURA_WIDE"] !== undefined;

/** Samples on every kind of disk, not only on the cruellest. */
export const ALL_DISKS = process.env["KURA_DISKS"] === "all";

/** How many crashes deep a sample goes. */
export const CRASHES = Number(process.env["KURA_CRASHES"] ?? 1);

/** Changes what is sampled; printed with every count, so that a failure can be repeated. */
export const SEED = Number(process.env["KURA_SEED"] ?? 1);
