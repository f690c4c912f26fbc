import type { RowType } from "../../rows/row-type.js";
import type { OpenCheckpoint } from "../open-checkpoint.js";
import type { Copy } from "./copy.js";
import { watched } from "./watched.js";

/** A revision that a copy has: the current one, or one that is kept. @throws {MissingCheckpointError} If it has none of that id. */
export async function openRevisionOf(
  copy: Copy,
  name: string,
  id: string,
  type: RowType | undefined,
  signal: AbortSignal | undefined,
): Promise<OpenCheckpoint> {
  const tooLate = (late: OpenCheckpoint | undefined) => void late?.close().catch(() => {});
  const ask = { signal, tooLate };
  const state = await copy.ask((manager, stop) => manager.getRevisionState(name, { signal: stop }), { signal });
  if (state.state === "present" && state.revision?.id === id) {
    const opened = await copy.ask((manager, stop) => manager.openCheckpoint(name, type, { signal: stop }), ask);
    if (opened?.info.revision?.id === id) return watched(copy, opened, signal);
    await opened?.close();
  }
  const opened = await copy.ask((manager, stop) => manager.openRevision(name, id, type, { signal: stop }), ask);
  return watched(copy, opened, signal);
}
