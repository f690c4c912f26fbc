import type { Confirm } from "../pipeline/before-paying.js";
import type { Estimate } from "../pipeline/estimate.js";
import { type Effects, Interruption } from "./effects.js";
import { Failure, UsageError } from "./failure.js";
import { dollarsText } from "./spell.js";

/** US dollars. An estimate up to this is gone on with. */
export const DEFAULT_ASK_ABOVE = 1;

export interface ConsentOptions {
  /** Go on whatever it takes. */
  yes: boolean;
  /** US dollars. */
  askAbove?: number | undefined;
  /** Whether what is spent has a limit of its own, which is kept in any case. */
  isLimited: boolean;
}

/**
 * Asks the person at the terminal before a run pays for more than they expect; without a terminal it stops instead. Asks once: who has said
 * yes has said it of the whole run.
 */
export function consent(
  { yes, askAbove = DEFAULT_ASK_ABOVE, isLimited }: ConsentOptions,
  effects: Pick<Effects, "ask" | "signal">,
): Confirm | undefined {
  if (yes || isLimited) return undefined;
  let isGiven = false;
  return async (estimates) => {
    const reason = isGiven ? undefined : reasonToAsk(estimates, askAbove);
    if (reason === undefined) return;
    const { ask } = effects;
    if (!ask)
      throw new UsageError(
        `${reason}, and there is no terminal to ask at; nothing is paid`,
        "--yes goes on, --max-cost <dollars> goes on up to a limit",
      );
    const answer = await ask(`${reason}. Go on? [y/N] `);
    if (effects.signal.reason instanceof Interruption) throw effects.signal.reason;
    if (!/^\s*y(es)?\s*$/i.test(answer)) throw new Failure("nothing is paid: the answer was not yes");
    isGiven = true;
  };
}

function reasonToAsk(estimates: readonly Estimate[], askAbove: number): string | undefined {
  // What a server of one's own costs only its owner knows; a provider without a price may cost anything.
  const unknown = estimates.find(({ model, dollars }) => dollars === undefined && !isServer(model));
  if (unknown) return `what ${unknown.model} costs is not known here (--prices says it)`;
  const dollars = estimates.reduce((sum, estimate) => sum + (estimate.dollars ?? 0), 0);
  const steps = estimates.map(({ step }) => step).join(", ");
  return dollars > askAbove
    ? `this run will cost about ${dollarsText(dollars)} (${steps}), which is more than ${dollarsText(askAbove)}`
    : undefined;
}

function isServer(model: string): boolean {
  return /@[^@/?]+(\?|$)/.test(model);
}
