import type { Agreement, NewRevision } from "../agreement.js";
import { nextRevisionId } from "../revision-id.js";
import { ancestorsAfter } from "../revision-state.js";
import { revisionStateOf, type Survey } from "./survey.js";

/** The revision that follows what stands in all copies; where they are one copy of others, those decide. */
export async function nextRevision(seen: Survey, outer: Agreement | undefined): Promise<NewRevision> {
  if (outer) return await outer.decide(revisionStateOf(seen));
  const { newest, newestId } = seen;
  return {
    id: nextRevisionId(newestId),
    parent: newest?.revision.id ?? null,
    savedAt: new Date().toISOString(),
    ancestors: newest ? ancestorsAfter(newest) : [],
  };
}
