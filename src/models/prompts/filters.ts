import type { Template } from "@huggingface/jinja";

/** One value of each kind that has filters. */
const KINDS = ["text", ["text"], [{ name: "text" }], { name: "text" }, 1];
/** How the library says that it has no filter of that name for such a value; any other error is one of a filter that there is. */
const UNKNOWN = /^(Unknown .*filter|Cannot apply filter)/;

/**
 * A filter that a template uses and that there is for no kind of value: Python's Jinja has more of them. It would be found when the first
 * question is asked, which may be one of the last step.
 */
export function unknownFilter(parsed: unknown, template: typeof Template): string | undefined {
  return [...new Set(filtersIn(parsed))].find((name) => !isKnown(name, template));
}

function isKnown(name: string, template: typeof Template): boolean {
  return KINDS.some((value) =>
    [name, `${name}()`].some((filter) => {
      try {
        new template(`{{ value | ${filter} }}`).render({ value });
        return true;
      } catch (error) {
        return !UNKNOWN.test(error instanceof Error ? error.message : String(error));
      }
    }),
  );
}

function* filtersIn(node: unknown): Generator<string> {
  if (Array.isArray(node)) {
    for (const item of node) yield* filtersIn(item);
  } else if (typeof node === "object" && node !== null) {
    const { filter } = node as { filter?: Filter };
    const name = filter?.type === "CallExpression" ? filter.callee?.value : filter?.value;
    if (typeof name === "string") yield name;
    for (const child of Object.values(node)) yield* filtersIn(child);
  }
}

interface Filter {
  readonly type?: unknown;
  readonly value?: unknown;
  readonly callee?: { readonly value?: unknown };
}
