/** Rows have no splits; readers want one. */
export const SPLIT = "train";

/** How Python's `datasets` loads a checkpoint. */
export function loadLine(id: string, name: string, revision = "main"): string {
  const at = revision === "main" ? "" : `, revision=${JSON.stringify(revision)}`;
  return `datasets.load_dataset(${JSON.stringify(id)}, name=${JSON.stringify(name)}, split="${SPLIT}"${at})`;
}
