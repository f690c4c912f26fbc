import { CallError } from "../errors.js";

/** Major versions that run on Node 20: the newest ones need 22. A test compares them with package.json. */
export const INSTALLED_VERSIONS: Readonly<Record<string, number>> = {
  "@ai-sdk/anthropic": 3,
  "@ai-sdk/cohere": 3,
  "@ai-sdk/google": 3,
  "@ai-sdk/openai": 3,
  "@ai-sdk/openai-compatible": 2,
};

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
      const version = INSTALLED_VERSIONS[name];
      const remedy = `package "${name}" is not installed; run \`npm install ${name}${version ? `@${version}` : ""}\``;
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
