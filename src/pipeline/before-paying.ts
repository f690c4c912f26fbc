import type { Estimate } from "./estimate.js";
import type { OnPipelineEvent } from "./event.js";

/**
 * Asked before a step pays for its first answer: what that step will take and, in a run, about what the steps below it will. To throw is to
 * stop: nothing of it is paid then.
 */
export type Confirm = (estimates: readonly Estimate[]) => void | Promise<void>;

/** What is to be waited for before anything is paid: says once what it will take, and has it confirmed. */
export function beforePaying(
  estimate: () => Estimate | Promise<Estimate>,
  { confirm, onEvent }: { confirm?: Confirm | undefined; onEvent?: OnPipelineEvent | undefined },
): () => Promise<void> {
  let confirmed: Promise<void> | undefined;
  const say = async () => {
    const own = await estimate();
    onEvent?.({ type: "estimate", ...own });
    await confirm?.([own]);
  };
  return () => {
    confirmed ??= say();
    return confirmed;
  };
}
