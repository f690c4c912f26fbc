import type { HubTransaction } from "./hub-transaction.js";

const PATH = ".gitattributes";
/** So that `git clone` brings earlier revisions as they are, too, and not what stands for them. */
const LINE = ".kura/**/*.data filter=lfs diff=lfs merge=lfs -text";

export async function writeAttributes(changes: HubTransaction): Promise<void> {
  const text = Buffer.from((await changes.bytesAfter(PATH)) ?? []).toString();
  if (text.split("\n").includes(LINE)) return;
  changes.put(PATH, Buffer.from(`${text === "" || text.endsWith("\n") ? text : `${text}\n`}${LINE}\n`));
}
