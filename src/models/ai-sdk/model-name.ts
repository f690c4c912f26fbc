import { hash } from "node:crypto";
import type { Json } from "./sdk.js";

export interface ModelName {
  readonly provider: string;
  /** As the provider knows it. */
  readonly name: string;
  /** Where it is, and what it is called there. */
  readonly address: string;
}

const NAME = /^([a-z0-9][a-z0-9-]*)\/(.+)$/;

/**
 * `provider/model`; with `baseUrl`, whatever the server there calls its model.
 *
 * @throws {TypeError} If it is no such name, or the address is none.
 */
export function modelName(name: string, baseUrl: string | undefined): ModelName {
  if (baseUrl !== undefined) {
    if (name === "") throw new TypeError("Cannot use a model without a name");
    return { provider: "server", name, address: `${name}@${serverOf(baseUrl)}` };
  }
  const match = NAME.exec(name);
  if (!match) {
    throw new TypeError(
      `Cannot use "${name}" as a model: name it as provider/model, such as openai/gpt-4o-mini, or give the baseUrl of a server`,
    );
  }
  return { provider: match[1]!, name: match[2]!, address: name };
}

/** Of a model that somebody has made with a package of the AI SDK. */
export function madeModelName({ provider, modelId: name }: { provider: string; modelId: string }): ModelName {
  return { provider, name, address: `${provider}/${name}` };
}

/** Names a model and what it is told besides the prompt: "openai/gpt-4o-mini?temperature=0.2". */
export function modelId(address: string, settings: Readonly<Record<string, Json | undefined>>): string {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const parts = given.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return parts.length === 0 ? address : `${address}?${parts.join("&")}`;
}

/** Where nearly all servers of one model or several have theirs; so it says nothing. */
const USUAL_PATH = "/v1";

/**
 * The server, without what may be secret in an address: user, password and query are left out, and a path that is not the usual one, which tells two
 * servers of one host apart, is there as a hash.
 *
 * See docs/decisions/044-a-server-and-its-path.md.
 */
function serverOf(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new TypeError("Cannot use baseUrl: it is no http address, such as http://localhost:11434/v1");
  const { host, pathname } = url;
  const path = pathname.replace(/\/+$/, "");
  return path === USUAL_PATH ? host : `${host}~${hash("sha256", host + path).slice(0, 8)}`;
}
