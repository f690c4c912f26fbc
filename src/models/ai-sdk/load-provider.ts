import { CallError } from "../../errors.js";
import { importPeer } from "../import-peer.js";
import type { SdkProvider } from "./sdk.js";
import type { Secrets } from "./secrets.js";

export interface ProviderAddress {
  /** Of an OpenAI-compatible server. */
  readonly baseUrl?: string | undefined;
  readonly apiKey?: string | undefined;
}

/** A package makes its provider with the one function of this kind, or with the one of the shortest name: `createOpenAI`. */
const MAKER = /^create[A-Z]\w*$/;
const COMPATIBLE = "@ai-sdk/openai-compatible";

type Maker = (settings: Record<string, unknown>) => SdkProvider;

/**
 * What answers for `provider`: its package, or, where there is an address, any OpenAI-compatible server.
 *
 * @throws {CallError} That is fatal, if its package is not installed or is no provider's.
 */
export async function loadProvider(
  provider: string,
  id: string,
  { baseUrl, apiKey }: ProviderAddress,
  secrets: Secrets,
): Promise<SdkProvider> {
  if (baseUrl !== undefined) {
    const { createOpenAICompatible } = await importPeer<{ createOpenAICompatible: Maker }>(COMPATIBLE, `call ${id}`);
    return createOpenAICompatible({
      name: provider,
      baseURL: baseUrl,
      supportsStructuredOutputs: true,
      fetch: secrets.fetch,
      ...(apiKey !== undefined && { apiKey }),
    });
  }
  const name = `@ai-sdk/${provider}`;
  const exported = await importPeer<Record<string, unknown>>(name, `call ${id}`);
  const makers = Object.keys(exported).filter((key) => MAKER.test(key) && typeof exported[key] === "function");
  const [maker] = makers.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  if (maker === undefined) {
    throw new CallError("fatal", "no provider", `Cannot call ${id}: package "${name}" makes no provider of the AI SDK`);
  }
  return (exported[maker] as Maker)({ fetch: secrets.fetch, ...(apiKey !== undefined && { apiKey }) });
}
