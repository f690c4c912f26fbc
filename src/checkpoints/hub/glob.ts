type Test = (char: string) => boolean;

/**
 * Whether paths match a pattern of fsspec: `*` and `?` stay within a folder, `**` does not; `[a-z]`, `[!a-z]` and `{a,b}`. The pattern is
 * somebody's, so no expression is made of it: the time is that of its length times the path's.
 */
export function globMatcher(glob: string): (path: string) => boolean {
  const states = new States();
  const end = build(states, [...glob]);
  return (path) => states.lead(path, end);
}

/** States of which several can be at once. The first is where a path begins. */
class States {
  /** Of each state, which others a character leads to. */
  readonly #steps: { test: Test; to: number }[][] = [[]];
  /** Of each state, which others it is as well. */
  readonly #jumps: number[][] = [[]];

  add(): number {
    this.#steps.push([]);
    return this.#jumps.push([]) - 1;
  }

  jump(from: number, to: number): void {
    this.#jumps[from]!.push(to);
  }

  /** Behind one character. */
  once(from: number, test: Test): number {
    const to = this.add();
    this.#steps[from]!.push({ test, to });
    return to;
  }

  /** Behind any number of characters. */
  often(from: number, test: Test): number {
    const to = this.add();
    this.jump(from, to);
    this.#steps[to]!.push({ test, to });
    return to;
  }

  lead(path: string, end: number): boolean {
    let now = this.#reach([0]);
    for (const char of path) {
      const next: number[] = [];
      for (const state of now) for (const { test, to } of this.#steps[state]!) if (test(char)) next.push(to);
      now = this.#reach(next);
    }
    return now.has(end);
  }

  #reach(from: readonly number[]): Set<number> {
    const reached = new Set(from);
    // What is added while it goes on is gone through too.
    for (const state of reached) for (const to of this.#jumps[state]!) reached.add(to);
    return reached;
  }
}

const any: Test = () => true;
const inFolder: Test = (char) => char !== "/";
const only =
  (wanted: string): Test =>
  (char) =>
    char === wanted;

/** @returns The state at the end of the pattern. */
function build(states: States, glob: readonly string[]): number {
  const groups: { start: number; ends: number[] }[] = [];
  let state = 0;
  for (let at = 0; at < glob.length; at++) {
    const char = glob[at]!;
    const group = groups.at(-1);
    if (char === "*" && glob[at + 1] === "*") {
      at++;
      const behind = states.often(state, any);
      if (glob[at + 1] === "/") {
        at++;
        const inside = states.once(behind, only("/"));
        states.jump(state, inside);
        state = inside;
      } else state = behind;
    } else if (char === "*") state = states.often(state, inFolder);
    else if (char === "?") state = states.once(state, inFolder);
    else if (char === "[" && glob.indexOf("]", at + 2) > 0) {
      const end = glob.indexOf("]", at + 2);
      state = states.once(state, classOf(glob.slice(at + 1, end)));
      at = end;
    } else if (char === "{") groups.push({ start: state, ends: [] });
    else if (char === "," && group) {
      group.ends.push(state);
      state = states.add();
      states.jump(group.start, state);
    } else if (char === "}" && group) state = closed(states, groups.pop()!, state);
    else state = states.once(state, only(char));
  }
  while (groups.length > 0) state = closed(states, groups.pop()!, state);
  return state;
}

/** Behind every way through a group. */
function closed(states: States, { ends }: { ends: readonly number[] }, last: number): number {
  const state = states.add();
  for (const end of [...ends, last]) states.jump(end, state);
  return state;
}

/** `a-z`, `!0-9` */
function classOf(chars: readonly string[]): Test {
  const isNot = chars[0] === "!" || chars[0] === "^";
  const members = isNot ? chars.slice(1) : chars;
  return (char) => {
    let isMember = false;
    for (let at = 0; at < members.length; at++) {
      const [first, dash, last] = members.slice(at, at + 3) as [string, string?, string?];
      const isRange = dash === "-" && last !== undefined;
      isMember ||= isRange ? first <= char && char <= last : first === char;
      if (isRange) at += 2;
    }
    return inFolder(char) && isMember !== isNot;
  };
}
