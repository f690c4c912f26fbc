import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a line of a `sh` block may be. `run`: executed; else a check that it says something true of this repository. */
interface Command {
  readonly pattern: RegExp;
  /** `undefined` when all is well. */
  readonly check: "run" | ((root: string, match: RegExpExecArray) => string | undefined);
}

const nothing = (): undefined => undefined;

/** `npm test` and the like take minutes: instead of again here, they are required to be what .ci/run runs. */
const ranByCi = (root: string, [command]: RegExpExecArray): string | undefined => {
  const ci = readFileSync(join(root, ".ci/run"), "utf8");
  return ci.includes(command) ? undefined : `.ci/run does not run "${command}"`;
};

const isScript = (root: string, match: RegExpExecArray): string | undefined => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  return match[1]! in scripts ? undefined : `package.json has no script "${match[1]}"`;
};

const isFile = (root: string, match: RegExpExecArray): string | undefined =>
  existsSync(join(root, match[1]!)) ? undefined : `there is no ${match[1]}`;

/** The tarball that `npm pack` makes, which `npm run pack:check` works with. */
const isTarball = (root: string, match: RegExpExecArray): string | undefined => {
  const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, string>;
  return match[1] === `${name}-${version}.tgz` ? undefined : `npm pack makes ${name}-${version}.tgz, not ${match[1]}`;
};

/** The closed list: a line that fits none is refused. */
const COMMANDS: readonly Command[] = [
  { pattern: /^(?:npx )?kura(?:-ts)?(?:\s|$)/, check: "run" },
  { pattern: /^(?:cat|head|tail|ls|wc|cp|mkdir|rm|echo)\s/, check: "run" },
  { pattern: /^npm ci$/, check: ranByCi },
  { pattern: /^npm (?:init -y|pack --silent)$/, check: nothing },
  { pattern: /^npm install \S*\/(\S+\.tgz)$/, check: isTarball },
  { pattern: /^npm (?:install|i)(?: (?:-D|-g|kura-ts|zod))+$/, check: nothing },
  { pattern: /^npm (?:test|start)$/, check: ranByCi },
  { pattern: /^npm run ([\w:-]+)(?: -- .*)?$/, check: isScript },
  { pattern: /^npx vitest run (test\/\S+)(?: -t .*)?$/, check: isFile },
  { pattern: /^(?:bash )?(\.ci\/run)$/, check: isFile },
  { pattern: /^(?:git clone|cd) \S+$/, check: nothing },
];

/**
 * The lines of a `sh` block: the whole block as a script when it is to be run, and what is wrong with it.
 *
 * A line with `&&` is each of its commands; one with pipes must begin with a known command. Comments and empty lines are nothing.
 */
export function readShell(text: string, root: string): { run: string[]; problems: string[] } {
  const run: string[] = [];
  const problems: string[] = [];
  for (const line of text.replaceAll("\\\n", " ").split("\n")) {
    const bare = line.replace(/(^|\s)#\s.*$/, "").trim();
    if (bare === "" || bare === "#") continue;
    for (const part of bare.split(/\s*&&\s*/)) {
      const command = part.replace(/^(?:[A-Z][A-Z0-9_]*=\S*\s+)+/, "");
      const known = COMMANDS.map((entry) => ({ entry, match: entry.pattern.exec(command) })).find(
        ({ match }) => match !== null,
      );
      if (!known) problems.push(`"${part}" is no command that is known what to do with`);
      else if (known.entry.check === "run")
        run.push(part.replace(/^((?:[A-Z][A-Z0-9_]*=\S*\s+)*)(?:npx )?kura(?:-ts)?/, "$1kura"));
      else {
        const problem = known.entry.check(root, known.match!);
        if (problem) problems.push(problem);
      }
    }
  }
  return { run, problems };
}
