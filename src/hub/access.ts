import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

const DEFAULT_ENDPOINT = "https://huggingface.co";

export interface AccessOptions {
  /** Else the environment's `HF_TOKEN`, else the file in which `hf auth login` keeps it. "" is none. */
  token?: string | undefined;
  /** Else the environment's `HF_ENDPOINT`, else https://huggingface.co. */
  hubUrl?: string | undefined;
  /** Instead of that of the process. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface Access {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  /** Where the token comes from, to be said when it is refused. */
  readonly tokenFrom: string;
  /** Whether the environment's `HF_HUB_OFFLINE` forbids to ask. */
  readonly isOffline: boolean;
}

/**
 * Which Hub, and as whom; as Python's huggingface_hub finds it.
 *
 * @throws {TypeError} For what is no address, or no token. Says nothing of the token.
 */
export async function accessTo({ token, hubUrl, env = process.env }: AccessOptions = {}): Promise<Access> {
  const endpoint = endpointOf(hubUrl ?? (env["HF_ENDPOINT"] || DEFAULT_ENDPOINT));
  const hub = { endpoint, isOffline: /^(?:1|on|yes|true)$/i.test(env["HF_HUB_OFFLINE"] ?? "") };
  if (token !== undefined) return { ...hub, ...usable(token, GIVEN) };
  for (const name of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]) {
    const value = env[name]?.trim();
    if (value) return { ...hub, ...usable(value, name) };
  }
  const path = tokenPath(env);
  const kept = await readFile(path, "utf8").catch(() => "");
  return { ...hub, ...usable(kept.trim(), path) };
}

/** What is given is what it should be, whatever the environment says. @throws {TypeError} Says nothing of the token. */
export function assertGiven({ token, hubUrl }: Pick<AccessOptions, "token" | "hubUrl">): void {
  if (hubUrl !== undefined) endpointOf(hubUrl);
  if (token !== undefined) usable(token, GIVEN);
}

const GIVEN = "the token that was given";

function endpointOf(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.search !== "" || url.hash !== "")
    // What stands before an @ is a password.
    throw new TypeError(
      `Cannot use ${JSON.stringify(given.replace(/[^/]*@/, "…@"))} as the address of a Hub: one is like ${DEFAULT_ENDPOINT}`,
    );
  return url.href.replace(/\/+$/, "");
}

function usable(token: string, tokenFrom: string): Pick<Access, "token" | "tokenFrom"> {
  // What is sent as a header must not begin another.
  if (!/^[\x21-\x7e]*$/.test(token))
    throw new TypeError(`Cannot use ${tokenFrom} to access the Hub: it has characters in it that no token has`);
  return { token: token === "" ? undefined : token, tokenFrom };
}

function tokenPath(env: Readonly<Record<string, string | undefined>>): string {
  if (env["HF_TOKEN_PATH"]) return env["HF_TOKEN_PATH"];
  const cache = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(env["HF_HOME"] || join(cache, "huggingface"), "token");
}
