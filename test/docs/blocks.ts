/** A fenced block of a page. */
export interface Block {
  /** As it is called in messages: `README.md`. */
  readonly page: string;
  /** 1-based line of the opening fence. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** Why it is not run: the rest of the opening fence after `no-run:`. */
  readonly noRun: string | undefined;
  /** What it must print: the `text` block right after it. */
  readonly output: string | undefined;
}

/**
 * What is done with a block, by its language. Others are refused, so that no example goes unnoticed.
 *
 * - `run`: executed; - `json`, `jsonl`: parsed; - `output`: compared with what the block before it prints; - `picture`: only looked at.
 */
export const LANGUAGES = {
  ts: "run",
  js: "run",
  sh: "run",
  json: "json",
  jsonl: "jsonl",
  text: "output",
  mermaid: "picture",
  tree: "picture",
} as const;

export type Language = keyof typeof LANGUAGES;

export const isLanguage = (language: string): language is Language => Object.hasOwn(LANGUAGES, language);

const FENCE = /^(\s*)(`{3,}|~{3,})\s*([^\s`]*)\s*(.*)$/;

/**
 * The fenced blocks of a page, in order; a `text` block is folded into the block that it shows the output of.
 *
 * @throws {Error} For a block that is not understood: an unknown language, an option other than `no-run: <reason>`, output of nothing,
 *   a fence that is never closed.
 */
export function collectBlocks(markdown: string, page: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const opening = FENCE.exec(lines[i]!);
    if (!opening) continue;
    const [, indent = "", fence = "", language = "", info = ""] = opening;
    const at = `${page}:${i + 1}`;
    const start = i + 1;
    do i++;
    while (i < lines.length && lines[i]!.trim() !== fence);
    if (i === lines.length) throw new Error(`${at}: the block is never closed`);
    if (!isLanguage(language)) {
      throw new Error(
        `${at}: "${language}" is not a language that is known what to do with: ${Object.keys(LANGUAGES).join(", ")}`,
      );
    }
    const text = lines
      .slice(start, i)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()));
    const noRun = reasonOf(info, at);
    if (LANGUAGES[language] !== "output") {
      blocks.push({ page, line: start, language, text: text.join("\n"), noRun, output: undefined });
      continue;
    }
    const before = blocks.at(-1);
    const between = lines.slice(before ? before.line + before.text.split("\n").length + 1 : 0, start - 1);
    if (
      !before ||
      LANGUAGES[before.language as Language] !== "run" ||
      before.output !== undefined ||
      between.some((line) => /^#/.test(line))
    ) {
      throw new Error(`${at}: this text is the output of no block; call a picture of files "tree"`);
    }
    if (text.every((line) => /^(…|\s)*$/.test(line))) throw new Error(`${at}: this output says nothing`);
    if (noRun !== undefined)
      throw new Error(`${at}: an output is not run; give the reason to the block that prints it`);
    blocks[blocks.length - 1] = { ...before, output: text.join("\n") };
  }
  return blocks;
}

function reasonOf(info: string, at: string): string | undefined {
  if (info === "") return undefined;
  const reason = /^no-run:\s*(\S.*\S)\s*$/.exec(info)?.[1];
  if (reason === undefined)
    throw new Error(`${at}: "${info}" is not understood; a block that cannot run says "no-run: <reason>"`);
  return reason;
}

/**
 * Does a program print what the page shows? Exactly, but for space at the ends of lines; `…` stands for any text of one line, and
 * alone on a line for any lines.
 */
export function matchesOutput(printed: string, shown: string): boolean {
  const pattern = shown
    .trim()
    .split("\n")
    .map((line) =>
      line.trim() === "…" ? "(?:.*\n)*?" : `${line.trimEnd().split("…").map(literally).join(".*")}[^\\S\n]*\n`,
    )
    .join("");
  return new RegExp(`^${pattern}$`).test(`${printed.trim()}\n`);
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
