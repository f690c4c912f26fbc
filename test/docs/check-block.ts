import { type Block, LANGUAGES, type Language, matchesOutput } from "./blocks.js";
import { readShell } from "./commands.js";
import type { Workshop } from "./workshop.js";

/** What is wrong with a block, as sentences; none when it is true. Blocks of a page must be checked in order: they share a directory. */
export async function checkBlock(block: Block, workshop: Workshop, root: string): Promise<string[]> {
  if (block.noRun !== undefined) return [];
  switch (LANGUAGES[block.language as Language]) {
    case "json":
      return parses([block.text]);
    case "jsonl":
      return parses(block.text.split("\n").filter(Boolean));
    case "run":
      return block.language === "sh" ? checkShell(block, workshop, root) : checkProgram(block, workshop);
    default:
      return [];
  }
}

async function checkProgram(block: Block, workshop: Workshop): Promise<string[]> {
  const errors = workshop.typeErrors(block);
  if (errors !== "") return [`it does not compile:\n${errors}`];
  return checkPrinted(block, await workshop.run(block));
}

async function checkShell(block: Block, workshop: Workshop, root: string): Promise<string[]> {
  const { run, problems } = readShell(block.text, root);
  if (problems.length > 0) return problems;
  if (run.length > 0) return checkPrinted(block, await workshop.runShell(block.page, run));
  return block.output === undefined ? [] : ["its output is shown, but its commands are not run here"];
}

function checkPrinted({ output }: Block, { code, text }: { code: number | null; text: string }): string[] {
  if (code !== 0) return [`it ends with code ${code}:\n${text}`];
  if (output !== undefined && !matchesOutput(text, output))
    return [`the page shows:\n${output}\nbut it prints:\n${text}`];
  return [];
}

function parses(texts: readonly string[]): string[] {
  try {
    for (const text of texts) JSON.parse(text);
    return [];
  } catch (error) {
    return [`it is not JSON: ${(error as Error).message}`];
  }
}
