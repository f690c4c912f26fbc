import type { TestHub } from "./hub.mjs";

export interface RecordedAnswer {
  readonly status: number;
  readonly answered: Readonly<Record<string, string>>;
  readonly with: string | { readonly base64: string };
}

export interface RecordedExchange extends RecordedAnswer {
  readonly origin: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | { readonly base64: string };
}

export function recordingOf(hub: TestHub): RecordedExchange[];
export function replay(hub: TestHub, recorded: RecordedExchange): Promise<RecordedAnswer>;
