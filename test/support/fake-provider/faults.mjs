import { seedOf } from "./words.mjs";

/**
 * What can go wrong with a call. `byPrompt`: it happens to a prompt each time it comes, as a refusal does; others happen to a try. `respond`
 * is given what sends, and the answer that would have been right.
 */
export const FAULTS = {
  busy: {
    respond: ({ send }, { retryAfterMs }) =>
      send(429, error("Rate limit reached for requests", "rate_limit_exceeded"), {
        "retry-after-ms": String(retryAfterMs),
        "retry-after": String(Math.ceil(retryAfterMs / 1000)),
      }),
  },
  "server error": { respond: ({ send }) => send(500, error("The server had an error", "server_error")) },
  "no json": { respond: ({ sendText }) => sendText(200, "<html><body>Bad gateway</body></html>", "text/html") },
  "broken json": { respond: ({ answer }, { text }) => answer({ text: text.slice(0, Math.floor(text.length * 0.6)) }) },
  "wrong schema": { respond: ({ answer }) => answer({ text: '{"result": {"ok": true}, "items": [1, 2, 3]}' }) },
  truncated: {
    byPrompt: true,
    respond: ({ answer }, { text }) => answer({ text: text.slice(0, Math.floor(text.length / 2)), finish: "length" }),
  },
  refused: { byPrompt: true, respond: ({ answer }) => answer({ refusal: "I cannot help with that." }) },
  filtered: {
    byPrompt: true,
    respond: ({ send }) =>
      send(400, error("The prompt was filtered due to the content management policy", "content_filter")),
  },
  "too long": {
    byPrompt: true,
    respond: ({ send }) =>
      send(400, error("This model's maximum context length is 8192 tokens", "context_length_exceeded")),
  },
  "wrong key": {
    respond: ({ send }, { key }) => send(401, error(`Incorrect API key provided: ${key}.`, "invalid_api_key")),
  },
  "unknown model": { respond: ({ send }) => send(404, error("The model does not exist", "model_not_found")) },
  stall: { respond: () => {} },
  "stall halfway": { respond: ({ half }) => half(() => {}) },
  dropped: { respond: ({ drop }) => drop() },
  "cut off": { respond: ({ drop, half }) => half(drop) },
};

/**
 * Faults by share of calls, decided by the seed, the prompt and how often it came: the same in each run, whatever comes first.
 *
 * @param {Partial<Record<keyof typeof FAULTS, number>>} shares
 */
export function faultsByShare(shares, seed) {
  return ({ prompt, attempt }) => {
    for (const [fault, share] of Object.entries(shares)) {
      const key = FAULTS[fault].byPrompt ? prompt : `${attempt}\0${prompt}`;
      if (seedOf(`${seed}\0${fault}\0${key}`) / 2 ** 32 < share) return fault;
    }
    return undefined;
  };
}

function error(message, code) {
  return { error: { message, type: "invalid_request_error", param: null, code } };
}
