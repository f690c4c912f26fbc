import type { OnCheckpointEvent, WarningCode } from "./event.js";

/** What has passed when it is read. */
const PASSING: readonly WarningCode[] = ["waiting", "hub-waiting", "copy-repaired"];
const told = new Set<string>();
const MOST_TOLD = 1_000;

/** Where nobody listens, Node is told of warnings, once of each in a process, and writes them to stderr. */
export const onUnheard: OnCheckpointEvent = (event) => {
  if (event.type !== "warning" || PASSING.includes(event.code)) return;
  const { code, copy, checkpoint, message } = event;
  // How a copy is goes on to be said of each revision.
  const what = copy === undefined ? message : JSON.stringify([code, copy, checkpoint]);
  if (told.has(what) || told.size === MOST_TOLD) return;
  told.add(what);
  process.emitWarning(message, { type: "KuraWarning", code });
};

/**
 * Whom a manager tells. A listener's own error is its own: rows are durable whether or not it could say so. It comes out where no work waits
 * for it.
 */
export function listener(onEvent: OnCheckpointEvent = onUnheard): OnCheckpointEvent {
  return (event) => {
    try {
      onEvent(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };
}
