import { randomUUID } from "node:crypto";
import type { Storage } from "../../storage/storage.js";

const PATH = ".kura/.gitignore";

/** Keep what is in `.kura` out of repositories: answers quote conversations. A convenience, which stops nobody when it fails. */
export async function ignoreDirectory(storage: Storage): Promise<void> {
  try {
    if (await storage.identify(PATH)) return;
    const file = await storage.stage(`.kura/${randomUUID()}.tmp`, PATH);
    try {
      await file.write(Buffer.from("*\n"));
      await file.seal();
      await file.publish();
    } finally {
      await file.discard();
    }
  } catch {}
}
