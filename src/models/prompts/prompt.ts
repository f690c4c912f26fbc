import { createHash } from "node:crypto";
import { KuraError } from "../../errors.js";
import { unknownFilter } from "./filters.js";

/** A question as a Jinja template. */
export interface Prompt {
  /** Ours: its name and a version, raised whenever another wording would get other answers. Others: a hash of the template. */
  readonly id: string;
  readonly template: string;
}

/** @throws {KuraError} If the template cannot be rendered with these: a filter that there is not, a text where a number is needed. */
export type Render = (variables: Readonly<Record<string, unknown>>) => string;

/** Somebody's own template in the place of ours. */
export function customPrompt(template: string): Prompt {
  return { id: `sha256:${createHash("sha256").update(template).digest("hex").slice(0, 16)}`, template };
}

/** Of a template in an error: by that it is known again. */
const SHOWN_CHARS = 40;

function shownOf(template: string): string {
  return `the prompt that begins with ${JSON.stringify(template.trim().slice(0, SHOWN_CHARS))}`;
}

/** What a template makes of different things. A name that there is not, such as `conversation.mesages`, is nothing in Jinja, and no error. */
export class Renderings {
  readonly #things = new Set<string>();
  readonly #texts = new Set<string>();

  /** @param thing Its words, by which things that differ are known. */
  add(thing: string, text: string): void {
    if (this.#texts.size > 1) return;
    this.#texts.add(text);
    this.#things.add(thing);
  }

  /**
   * Before anything is paid by it.
   *
   * @param what Several of them.
   * @throws {KuraError} If there is one text for different things: one answer would be given to all of them.
   */
  assertDiffer(template: string, what: string): void {
    if (this.#texts.size !== 1 || this.#things.size < 2) return;
    throw new KuraError(
      `Cannot ask by ${shownOf(template)}: it comes out the same for each of ${this.#things.size} ${what} that differ, so the model would see nothing of them; look for a misspelt name in it`,
    );
  }
}

/**
 * @param needs Variables without which the question is about nothing: a template that never uses one is refused.
 * @throws {TypeError} If the template cannot be read, uses a filter that there is not, or does not use what it needs.
 */
export async function compilePrompt({ template }: Prompt, needs: readonly string[]): Promise<Render> {
  const shown = shownOf(template);
  const { Template } = await import("@huggingface/jinja");
  let compiled: InstanceType<typeof Template>;
  try {
    compiled = new Template(template);
  } catch (error) {
    throw new TypeError(`Cannot use ${shown}: it is no Jinja template: ${reasonOf(error)}`, { cause: error });
  }
  const filter = unknownFilter(compiled.parsed, Template);
  if (filter !== undefined)
    throw new TypeError(
      `Cannot use ${shown}: it uses the filter "${filter}", which there is not; Python's Jinja has more`,
    );
  const used = new Set(namesIn(compiled.parsed));
  const unused = needs.find((name) => !used.has(name));
  if (unused !== undefined) {
    throw new TypeError(
      `Cannot use ${shown}: it never uses "${unused}", so the model would not see it; put {{ ${unused} }} or a loop over it into the template`,
    );
  }
  return (variables) => {
    try {
      return compiled.render({ ...variables });
    } catch (error) {
      throw new KuraError(`Cannot ask by ${shown}: ${reasonOf(error)}`, { cause: error });
    }
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Every variable that is read; `a.b` reads `a`. */
function* namesIn(node: unknown): Generator<string> {
  if (Array.isArray(node)) {
    for (const item of node) yield* namesIn(item);
  } else if (typeof node === "object" && node !== null) {
    const { type, value, computed } = node as { type?: unknown; value?: unknown; computed?: unknown };
    if (type === "Identifier" && typeof value === "string") yield value;
    for (const [member, child] of Object.entries(node)) {
      const isWritten = (type === "Set" && member === "assignee") || (type === "For" && member === "loopvar");
      const isMember = type === "MemberExpression" && member === "property" && computed !== true;
      if (!isWritten && !isMember) yield* namesIn(child);
    }
  }
}
