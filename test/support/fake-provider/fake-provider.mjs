import { createServer } from "node:http";
import { answerTo } from "./answers.mjs";
import { FAULTS, faultsByShare } from "./faults.mjs";
import { hashedVector } from "./words.mjs";

/**
 * A provider of the OpenAI API over real HTTP: chat completions (structured output, tools), responses, embeddings. Answers are made of the
 * prompt's words and are always the same; what goes wrong is told by share, or by a function of the call.
 *
 * @returns {Promise<import("./fake-provider.d.mts").FakeProvider>}
 */
export async function startFakeProvider({
  latencyMs = 0,
  seed = 1,
  shares = {},
  script,
  answer,
  retryAfterMs = 20,
  dimensions = 64,
  structuredOutput = true,
  remember = true,
  port = 0,
} = {}) {
  const faultOf = script ?? faultsByShare(shares, seed);
  const attempts = new Map();
  const sockets = new Set();
  const provider = {
    calls: [],
    counts: { text: 0, embedding: 0, embeddedTexts: 0, faults: {} },
    mostAtOnce: 0,
    /** Milliseconds in which at least one call was open. */
    busyMs: 0,
  };
  let atOnce = 0;
  let busySince = 0;

  const handle = async (request, response) => {
    if (request.method === "GET")
      return sendJson(response, 200, { ...provider.counts, mostAtOnce: provider.mostAtOnce, busyMs: provider.busyMs });
    const at = performance.now();
    if (atOnce++ === 0) busySince = at;
    provider.mostAtOnce = Math.max(provider.mostAtOnce, atOnce);
    response.once("close", () => {
      if (--atOnce === 0) provider.busyMs += performance.now() - busySince;
    });
    const endpoint = ENDPOINTS[request.url.replace(/^.*\/v1\//, "")];
    const body = JSON.parse(await textOf(request));
    if (!endpoint) return sendJson(response, 404, { error: { message: `There is no ${request.url}` } });
    const { prompt, schema } = endpoint.read(body);
    const key = String(request.headers.authorization ?? "").replace(/^Bearer /, "");
    const attempt = (attempts.get(prompt) ?? 0) + 1;
    if (remember || Object.keys(shares).length > 0 || script) attempts.set(prompt, attempt);
    provider.counts[endpoint.kind]++;
    if (endpoint.kind === "embedding") provider.counts.embeddedTexts += [body.input].flat().length;
    const call = { kind: endpoint.kind, prompt, attempt, body, key, at: Date.now() };
    const fault = faultOf(call);
    if (fault) provider.counts.faults[fault] = (provider.counts.faults[fault] ?? 0) + 1;
    if (remember) provider.calls.push({ ...call, fault });
    if (!structuredOutput && (body.response_format || body.tools)) {
      return sendJson(response, 400, { error: { message: "response_format is not supported by this server" } });
    }
    const text = endpoint.kind === "text" ? (answer?.(call) ?? JSON.stringify(answerTo(prompt, schema))) : "";
    const right = endpoint.write({ text }, { body, prompt, dimensions });
    // Thinking included: the latency is a provider's, not that of this one's process.
    const left = latencyMs - (performance.now() - at);
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    if (!fault) return sendJson(response, 200, right);
    FAULTS[fault].respond(
      {
        send: (status, json, headers) => sendJson(response, status, json, headers),
        sendText: (status, content, type) => response.writeHead(status, { "content-type": type }).end(content),
        answer: (given) => sendJson(response, 200, endpoint.write(given, { body, prompt, dimensions })),
        drop: () => request.socket.destroy(),
        half: (then) => {
          const json = JSON.stringify(right);
          response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(json) });
          response.write(json.slice(0, json.length / 2), then);
        },
      },
      { text, retryAfterMs, key },
    );
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      if (!response.headersSent) sendJson(response, 500, { error: { message: `The fake failed: ${error.stack}` } });
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return Object.assign(provider, {
    baseUrl: `http://127.0.0.1:${server.address().port}/v1`,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  });
}

const ENDPOINTS = {
  "chat/completions": {
    kind: "text",
    read: ({ messages, response_format, tools }) => ({
      prompt: messages
        .map(({ content }) => (typeof content === "string" ? content : content.map((part) => part.text).join("")))
        .join("\n"),
      schema: response_format?.json_schema?.schema ?? tools?.[0]?.function.parameters ?? schemaInPrompt(messages),
    }),
    write: ({ text, refusal, finish = "stop" }, { body, prompt }) => {
      const tool = body.tools?.[0]?.function.name;
      const called = [{ id: "call_1", type: "function", function: { name: tool, arguments: text ?? "" } }];
      const content = refusal === undefined && tool === undefined ? text : null;
      return {
        id: "chatcmpl-1",
        object: "chat.completion",
        created: 0,
        model: body.model,
        choices: [
          {
            index: 0,
            message: { role: "assistant", content, ...(refusal && { refusal }), ...(tool && { tool_calls: called }) },
            finish_reason: tool && finish === "stop" ? "tool_calls" : finish,
          },
        ],
        usage: usageOf(prompt, text ?? refusal ?? ""),
      };
    },
  },
  responses: {
    kind: "text",
    read: ({ input, text }) => ({
      prompt: input.flatMap(({ content }) => [content].flat().map((part) => part.text ?? part)).join("\n"),
      schema: text?.format?.schema,
    }),
    write: ({ text, refusal, finish = "stop" }, { body, prompt }) => {
      const { prompt_tokens, completion_tokens } = usageOf(prompt, text ?? refusal);
      const content = refusal ? { type: "refusal", refusal } : { type: "output_text", text, annotations: [] };
      return {
        id: "resp_1",
        object: "response",
        created_at: 0,
        model: body.model,
        status: finish === "length" ? "incomplete" : "completed",
        incomplete_details: finish === "length" ? { reason: "max_output_tokens" } : null,
        output: [{ type: "message", id: "msg_1", role: "assistant", status: "completed", content: [content] }],
        usage: { input_tokens: prompt_tokens, output_tokens: completion_tokens },
      };
    },
  },
  embeddings: {
    kind: "embedding",
    read: ({ input }) => ({ prompt: [input].flat().join("\0"), schema: undefined }),
    write: (_, { body, prompt, dimensions }) => ({
      object: "list",
      model: body.model,
      data: [body.input].flat().map((text, index) => {
        const vector = hashedVector(text, body.dimensions ?? dimensions);
        const embedding =
          body.encoding_format === "base64" ? Buffer.from(Float32Array.from(vector).buffer).toString("base64") : vector;
        return { object: "embedding", index, embedding };
      }),
      usage: { prompt_tokens: tokensOf(prompt), total_tokens: tokensOf(prompt) },
    }),
  },
};

/** For servers without structured output the schema is in the prompt: its last line. */
function schemaInPrompt(messages) {
  const last = String(messages.at(-1).content).split("\n").at(-1);
  return last.startsWith("{") ? JSON.parse(last) : undefined;
}

function usageOf(prompt, text) {
  const [prompt_tokens, completion_tokens] = [tokensOf(prompt), tokensOf(text)];
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

function tokensOf(text) {
  return Math.ceil(text.length / 4);
}

function sendJson(response, status, json, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(json));
}

async function textOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
