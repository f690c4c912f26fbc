/** Where things are below a checkpoint directory. Nothing of ours matches a user's glob: hence `.data` and `.tmp`. */

export const FORMAT_PATH = ".kura/format";

/** Everything that is kept of one visible file. */
export function historyOf(visible: string): string {
  return `.kura/${visible}`;
}

/** The rows of an earlier revision; `f<id>` for a file that was not ours and was displaced by revision `<id>`. */
export function dataPath(visible: string, id: string): string {
  return `${historyOf(visible)}/${id}.data`;
}

export function manifestPath(visible: string, id: string): string {
  return `${historyOf(visible)}/${id}.json`;
}

export function stagedPath(visible: string, id: string): string {
  return `${historyOf(visible)}/${id}.tmp`;
}
