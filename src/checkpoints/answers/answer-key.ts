import { hash } from "node:crypto";
import type { JsonSchema } from "../../models/model.js";
import { canonicalJson } from "../../rows/canonical-json.js";

/** Exactly what a call sends, so far as it can change what comes back. Members that are undefined are not there. */
export type Sent =
  | {
      readonly model: string;
      readonly prompt: string;
      readonly schema: JsonSchema;
      /** Temperature, seed, limits: whatever the model is told besides. */
      readonly sampling?: Readonly<Record<string, unknown>> | undefined;
    }
  | { readonly model: string; readonly text: string };

/**
 * The key of a call's answer: SHA-256 over canonical JSON, in hexadecimal. The same on every machine, for ever: answers that were paid
 * for are found by it.
 *
 * @throws {TypeError} If something in it is not JSON: NaN, a Date, a function.
 */
export function answerKey(sent: Sent): string {
  return hash("sha256", spelled(sent));
}

/** `canonicalJson` of what is sent, whose members come in the order of their names; a schema is spelled once, as the questions of a step share theirs. */
function spelled(sent: Sent): string {
  const model = `{"model":${canonicalJson(sent.model)}`;
  if (!("schema" in sent)) return `${model},"text":${canonicalJson(sent.text)}}`;
  const { prompt, sampling, schema } = sent;
  const text = SPELLED.get(schema) ?? canonicalJson(schema);
  SPELLED.set(schema, text);
  const told = sampling === undefined ? "" : `,${canonicalJson({ sampling }).slice(1, -1)}`;
  return `${model},"prompt":${canonicalJson(prompt)}${told},"schema":${text}}`;
}

/** Schemas are not changed once they are made. */
const SPELLED = new WeakMap<JsonSchema, string>();
