import { CallError } from "../errors.js";

/**
 * A package that is not installed with this one, as few need it.
 *
 * @param what Cannot be done without it: "call openai/gpt-4o-mini".
 * @throws {CallError} That is fatal, with the command that installs it where it is not there.
 */
export async function importPeer<T>(name: string, what: string): Promise<T> {
  try {
    return (await import(name)) as T;
  } catch (error) {
    if (isMissing(error, name)) {
      const remedy = `package "${name}" is not installed; run \`npm install ${name}\``;
      throw new CallError("fatal", "not installed", `Cannot ${what}: ${remedy}`, { cause: error });
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new CallError("fatal", "not loadable", `Cannot ${what}: package "${name}" does not load: ${reason}`, {
      cause: error,
    });
  }
}

/** Whether it is this package that is missing, and not one that it needs. */
function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === "ERR_MODULE_NOT_FOUND" && String(message).includes(`'${name}'`);
}
