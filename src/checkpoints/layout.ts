/** Where things are below a checkpoint directory. Nothing of ours matches a user's glob, but the parts of a directory: hence `.data` and `.tmp`. */

export const FORMAT_PATH = ".kura/format";

/** What is kept of one checkpoint is in `history`, its directory below `.kura`. */
interface Kept {
  readonly history: string;
}

/** The head of an earlier revision; `f<id>` for one that was not ours and was displaced by revision `<id>`. */
export function dataPath({ history }: Kept, id: string): string {
  return `${history}/${id}.data`;
}

export function manifestPath({ history }: Kept, id: string): string {
  return `${history}/${id}.json`;
}

export function stagedPath({ history }: Kept, id: string): string {
  return `${history}/${id}.tmp`;
}

export function companionTemporaryPath({ history }: Kept, id: string): string {
  return `${history}/${id}.companion.tmp`;
}

/** Relative, in its directory or below, and the same file on every system. */
const INSIDE = /^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^\\:\0]+$/;

/** Whether a head or a manifest may list this: whatever it is, it is in the directory. */
export function isPartName(name: unknown): name is string {
  return typeof name === "string" && INSIDE.test(name);
}

/** A part that revision `id` is the first to list. */
export function partName(id: string, index: number, extension: string): string {
  return `data-${id}-${String(index).padStart(5, "0")}${extension}`;
}

/** The revision that made a part, undefined for another file. */
export function makerOfPart(name: string): string | undefined {
  return /^data-(.+)-\d{5,}\.[a-z]+$/.exec(name)?.[1];
}
