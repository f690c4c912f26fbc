import type { CheckpointEvent } from "../checkpoints/event.js";

/** What has been said, so that it is said once. */
export class SaidOnce {
  readonly #said = new Set<string>();

  /** Of what a copy misses: that it does is said with the first checkpoint, and is the same of all. */
  note(copy: string): void {
    this.#said.add(copy);
  }

  /** Whether this is a warning that says something new, or no warning; from then on it is said. */
  isNew(event: CheckpointEvent): boolean {
    if (event.type !== "warning") return true;
    const isOfRows = event.copy === undefined || event.code === "copy-damaged" || event.code === "copy-diverged";
    const what = isOfRows ? event.message : event.copy;
    const isNew = !this.#said.has(what);
    this.#said.add(what);
    return isNew;
  }
}
