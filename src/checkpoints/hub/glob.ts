/** A pattern of fsspec as an expression: `*` and `?` stay within a folder, `**` does not; `[…]` and `{a,b}`. */
export function globPattern(glob: string): RegExp {
  let source = "";
  let depth = 0;
  for (let at = 0; at < glob.length; at++) {
    const char = glob[at]!;
    if (char === "*" && glob[at + 1] === "*") {
      at += glob[at + 2] === "/" ? 2 : 1;
      source += glob[at] === "/" ? "(?:.*/)?" : ".*";
    } else if (char === "*") source += "[^/]*";
    else if (char === "?") source += "[^/]";
    else if (char === "[" && glob.includes("]", at)) {
      const end = glob.indexOf("]", at + 2);
      if (end < 0) source += "\\[";
      else {
        source += `[${glob
          .slice(at + 1, end)
          .replace(/^!/, "^")
          .replaceAll("\\", "\\\\")}]`;
        at = end;
      }
    } else if (char === "{") {
      depth++;
      source += "(?:";
    } else if (char === "}" && depth > 0) {
      depth--;
      source += ")";
    } else if (char === "," && depth > 0) source += "|";
    else source += char.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  }
  return new RegExp(`^${source}${")".repeat(depth)}$`);
}
