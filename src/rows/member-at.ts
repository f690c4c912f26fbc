/**
 * What a path leads to, from object to object; undefined where it leads nowhere. A name may hold a dot itself (`gen_ai.system`): the
 * longest that is there is taken.
 */
export function memberAt(path: readonly string[]): (value: unknown) => unknown {
  const [only] = path;
  if (path.length === 1) return (value) => ownMember(value, only!);
  // From each step on: the names that may come next, and the step behind each.
  const names = path.map((_, from) =>
    path.slice(from).map((_, shorter) => {
      const end = path.length - shorter;
      return { name: path.slice(from, end).join("."), end };
    }),
  );
  const lead = (value: unknown, from: number): unknown => {
    if (from === path.length) return value;
    for (const { name, end } of names[from]!) {
      const found = lead(ownMember(value, name), end);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return (value) => lead(value, 0);
}

function ownMember(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
