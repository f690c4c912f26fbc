export type Fault =
  | "busy"
  | "server error"
  | "no json"
  | "broken json"
  | "wrong schema"
  | "truncated"
  | "refused"
  | "filtered"
  | "too long"
  | "wrong key"
  | "unknown model"
  | "stall"
  | "stall halfway"
  | "dropped"
  | "cut off";

export interface FakeCall {
  readonly kind: "text" | "embedding";
  /** Texts of an embedding call are joined by NUL. */
  readonly prompt: string;
  /** How often this prompt has come, this time included. */
  readonly attempt: number;
  readonly body: Record<string, unknown>;
  /** What the caller gave as its key. */
  readonly key: string;
  readonly at: number;
}

export interface FakeProviderOptions {
  latencyMs?: number;
  seed?: number;
  /** Which part of the calls goes wrong in which way. */
  shares?: Partial<Record<Fault, number>>;
  /** Decides by the call instead. */
  script?: (call: FakeCall) => Fault | undefined;
  /** The text of an answer; undefined: as usual. */
  answer?: (call: FakeCall) => string | undefined;
  /** What "busy" asks to wait. */
  retryAfterMs?: number;
  dimensions?: number;
  /** Whether the server knows response_format. */
  structuredOutput?: boolean;
  /** Keep all calls in memory. */
  remember?: boolean;
  port?: number;
}

export interface FakeProvider {
  readonly baseUrl: string;
  readonly calls: readonly (FakeCall & { readonly fault: Fault | undefined })[];
  readonly counts: {
    readonly text: number;
    readonly embedding: number;
    readonly embeddedTexts: number;
    readonly faults: Partial<Record<Fault, number>>;
  };
  readonly mostAtOnce: number;
  readonly busyMs: number;
  stop(): Promise<void>;
}

export function startFakeProvider(options?: FakeProviderOptions): Promise<FakeProvider>;
