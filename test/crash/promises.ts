import type { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import type { Form } from "./form.js";
import { buryLockHolders, type Operation, perform, Subject } from "./subject.js";

/** A promise was broken; `trail` says how to get there. */
export class Violation extends Error {
  readonly trail: readonly string[];
  constructor(what: string, trail: readonly string[]) {
    super(what);
    this.trail = trail;
  }
}

/** An operation on a form, where it started, and what readers see before and after it. */
export interface Change {
  readonly form: Form;
  readonly operation: Operation;
  readonly start: PowerLossFileSystem;
  readonly before: string;
  readonly after: string;
}

/** When an operation resolves it has done what it says, and left nothing that only belongs to one under way. */
export function assertResult(change: Change, end: PowerLossFileSystem, trail: readonly string[]): void {
  const { form, operation, start, before, after } = change;
  if (after.split("@")[0] !== wantedLabel(change) || (after === before && mustChange(change))) {
    throw new Violation(`${described(operation)} reads as ${after}, before it ${before}`, trail);
  }
  // Deleting what is not there sweeps nothing: it is no writer.
  const litter = operation.do === "delete" && before === "absent" ? [] : form.leftovers(end);
  if (litter.length > 0) throw new Violation(`${litter.join(", ")} stay behind`, trail);
  const strangers = form.keptForeign(start).length + (before.startsWith("foreign") ? 1 : 0);
  if (form.keptForeign(end).length > strangers) throw new Violation("what died is kept as if it was somebody's", trail);
  const shared = mustChange(change) ? form.sharedFiles(end) : [];
  if (shared.length > 0) throw new Violation(`${shared.join(", ")} are one file under more than one name`, trail);
}

/** After a crash the previous revision is there, whether old or new is read; of a deleted one nothing is. */
export function assertKept(
  { form, operation, start, before, after }: Change,
  crashed: { fs: PowerLossFileSystem; cause: string; view: string; ended: boolean; trail: readonly string[] },
): void {
  const { fs, cause, view, ended, trail } = crashed;
  const kept = form.keptRevisions(fs);
  if (operation.do === "delete") {
    if (ended && kept.length + form.keptForeign(fs).length > 0) {
      throw new Violation(`after a ${cause} deleted data is back: ${kept.join(", ")}`, trail);
    }
    return;
  }
  const needed = view === before ? earlierRevisions(form, start, before)[0] : view === after ? before : undefined;
  if (needed?.includes("@") && !kept.includes(needed)) {
    throw new Violation(`after a ${cause} ${view} is read and the earlier ${needed} is gone`, trail);
  }
  if (!needed?.startsWith("foreign")) return;
  const displaced = form.contentAt(start, form.head)!;
  if (!form.keptForeign(fs).some((bytes) => bytes.equals(displaced))) {
    throw new Violation(`after a ${cause} the displaced file of a stranger is gone`, trail);
  }
}

/**
 * Let a program that is not ours truncate and rewrite the visible file: it must be told from ours, left alone, and kept by the next
 * save.
 *
 * @param quiet No save was under way, so no kept revision may share the file's inode. With one under way its link still may.
 */
export async function assertStrangerSafe(
  form: Form,
  state: PowerLossFileSystem,
  trail: readonly string[],
  { quiet }: { quiet: boolean },
): Promise<void> {
  const at = [...trail, "a stranger rewrites the file in place"];
  const fs = state.clone();
  buryLockHolders(fs);
  const kept = earlierRevisions(form, fs, await form.viewOf(fs));
  await form.writeForeign(fs, "F");
  const seen = await form.viewOf(fs);
  if (seen !== "foreign F") throw new Violation(`a stranger's rows are read as ${seen}`, at);
  const lost = quiet ? kept.filter((revision) => !form.keptRevisions(fs).includes(revision)) : [];
  if (lost.length > 0) throw new Violation(`a stranger's rewriting reached the kept ${lost.join(", ")}`, at);
  await perform(new Subject(form).on(fs), { do: "save", label: "Z" });
  const saved = await form.viewOf(fs);
  if (!saved.startsWith("Z@")) throw new Violation(`a save over a stranger's file reads as ${saved}`, at);
  if (!form.keptForeign(fs).some((bytes) => bytes.equals(form.foreignContent("F")))) {
    throw new Violation("a save over a stranger's file lost it", at);
  }
  const claimed = form.keptRevisions(fs).filter((revision) => revision.startsWith("F"));
  if (claimed.length > 0) throw new Violation(`a stranger's rows are kept as our ${claimed.join(", ")}`, at);
}

/** Without the one that is visible: a save that died had given it a second name, which is swept. */
export function earlierRevisions(form: Form, fs: PowerLossFileSystem, view: string): string[] {
  return form.keptRevisions(fs).filter((revision) => revision !== view);
}

export function described(operation: Operation): string {
  return operation.do === "save" ? `save ${operation.label}` : operation.do;
}

/** The label that an operation makes current. */
function wantedLabel({ form, operation, start, before }: Change): string | undefined {
  switch (operation.do) {
    case "save":
      return operation.label;
    case "restore":
      return earlierRevisions(form, start, before)[0]?.split("@")[0];
    case "adopt":
      return before.replace(/^foreign /, "").split("@")[0];
    default:
      return "absent";
  }
}

/** A save of the same rows is a new revision; deleting nothing, or adopting what is ours, is none. */
function mustChange({ operation, before }: Change): boolean {
  return !(operation.do === "delete" || (operation.do === "adopt" && before.includes("@")));
}
