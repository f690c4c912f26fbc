/** The answer to a prompt, as the JSON of a schema's properties. */
export function answerTo(
  prompt: string,
  schema: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown>;
