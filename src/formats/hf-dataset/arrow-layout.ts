import type { ArrowField } from "./arrow-schema.js";

/** How many nodes, buffers and counts of further buffers a field takes of a record batch, with all that is below it. */
export interface Extent {
  readonly nodes: number;
  /** Without those of views. */
  readonly buffers: number;
  /** Fields whose number of buffers each batch says. */
  readonly views: number;
}

/** Those of the field itself; a dictionary's values are elsewhere. */
export function ownBuffers({ type, dictionary }: ArrowField): number {
  if (dictionary) return 2;
  switch (type.kind) {
    case "null":
      return 0;
    case "struct":
    case "fixed-list":
      return 1;
    case "text":
    case "bytes":
      return type.layout === "view" ? 2 : 3;
    case "list":
      return type.layout === "view" ? 3 : 2;
    default:
      return 2;
  }
}

export function isView({ type, dictionary }: ArrowField): boolean {
  return !dictionary && (type.kind === "text" || type.kind === "bytes") && type.layout === "view";
}

export function extentOf(field: ArrowField): Extent {
  const below = field.dictionary ? [] : field.children.map(extentOf);
  const sum = (own: number, of: (extent: Extent) => number) => below.reduce((total, one) => total + of(one), own);
  return {
    nodes: sum(1, ({ nodes }) => nodes),
    buffers: sum(ownBuffers(field), ({ buffers }) => buffers),
    views: sum(isView(field) ? 1 : 0, ({ views }) => views),
  };
}
