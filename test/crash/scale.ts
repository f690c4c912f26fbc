/** `npm run test:long` sets it: everything that can be enumerated is, instead of a seeded sample. */
export const LONG = process.env["KURA_LONG"] !== undefined;

/** Changes what is sampled; printed with every count, so that a failure can be repeated. */
export const SEED = Number(process.env["KURA_SEED"] ?? 1);
