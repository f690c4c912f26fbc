import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startHub } from "../support/hub/hub.mjs";
import type { Block } from "./blocks.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const typescript = join(root, "node_modules/typescript/bin/tsc");

/** What examples may import besides the package: what a user would have installed for them. */
const USERS_PACKAGES = ["zod", "valibot", "@types/node"];

/** Comes with the package. */
const SAMPLE = "examples/conversations.jsonl";

interface Printed {
  readonly code: number | null;
  /** Standard output and standard error as they come: what a user would see. */
  readonly text: string;
}

/**
 * A directory outside of the repository in which the package is installed, built from this source: examples run there as they
 * would for a user. Each page has a working directory of its own, with `node_modules` in it, that its blocks share from top to bottom.
 */
export interface Workshop {
  /** What the compiler says of a `ts` block; "" when nothing. */
  typeErrors(block: Block): string;
  run(block: Block): Promise<Printed>;
  runShell(page: string, commands: readonly string[]): Promise<Printed>;
  close(): void;
}

/** @throws {Error} If the source does not compile. */
export async function openWorkshop(blocks: readonly Block[]): Promise<Workshop> {
  const folder = mkdtempSync(join(tmpdir(), "kura-docs-"));
  const hub = await startHub();
  const close = (): void => {
    void hub.close();
    rmSync(folder, { recursive: true, force: true });
  };
  let errors: Map<string, string>;
  try {
    await install(folder);
    errors = await compile(folder, blocks);
  } catch (error) {
    close();
    throw error;
  }
  const pages = new Set<string>();

  const folderOf = (page: string): string => {
    const here = join(folder, "pages", nameOf(page));
    if (!pages.has(page)) {
      pages.add(page);
      mkdirSync(here, { recursive: true });
      symlinkSync(join(folder, "node_modules"), join(here, "node_modules"));
    }
    return here;
  };
  const environment = {
    ...process.env,
    PATH: `${join(folder, "node_modules/.bin")}${delimiter}${process.env["PATH"]}`,
    NO_COLOR: "1",
    FORCE_COLOR: undefined,
    NODE_OPTIONS: undefined,
    HF_ENDPOINT: hub.url,
    HF_TOKEN: "hf_writer",
    HF_HOME: join(folder, "hf-home"),
    XDG_CACHE_HOME: join(folder, "cache"),
  };

  return {
    typeErrors: (block) => errors.get(fileOf(block)) ?? "",
    run: (block) =>
      execute(
        process.execPath,
        [join(folder, "compiled", fileOf(block).replace(/\.ts$/, ".js"))],
        folderOf(block.page),
        environment,
      ),
    runShell: (page, commands) => execute("sh", ["-ec", commands.join("\n")], folderOf(page), environment),
    close,
  };
}

/** What `npm install kura-ts` would do, from this source. */
async function install(folder: string): Promise<void> {
  const at = join(folder, "node_modules/kura-ts");
  mkdirSync(at, { recursive: true });
  const built = await execute(
    process.execPath,
    [typescript, "-p", "tsconfig.build.json", "--outDir", join(at, "dist")],
    root,
  );
  if (built.code !== 0) throw new Error(`Cannot run the examples: the source does not compile\n${built.text}`);
  for (const file of ["package.json", SAMPLE]) cpSync(join(root, file), join(at, file));

  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<
    string,
    Record<string, string> | undefined
  >;
  for (const name of [
    ...Object.keys(manifest["dependencies"] ?? {}),
    ...Object.keys(manifest["peerDependencies"] ?? {}),
    ...USERS_PACKAGES,
  ]) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    if (!existsSync(link)) symlinkSync(join(root, "node_modules", name), link);
  }
  const bin = join(folder, "node_modules/.bin");
  mkdirSync(bin);
  writeFileSync(
    join(bin, "kura"),
    `#!/bin/sh\nexec "${process.execPath}" "${join(at, manifest["bin"]!["kura"]!)}" "$@"\n`,
    { mode: 0o755 },
  );
}

/** All blocks at once: the compiler's start costs more than its work. */
async function compile(folder: string, blocks: readonly Block[]): Promise<Map<string, string>> {
  mkdirSync(join(folder, "blocks"));
  mkdirSync(join(folder, "compiled"));
  const programs = blocks.filter(
    ({ language, noRun }) => noRun === undefined && (language === "ts" || language === "js"),
  );
  if (programs.length === 0) return new Map();
  for (const block of programs) {
    const target = block.language === "ts" ? "blocks" : "compiled";
    // A block without imports is a module too, and may await at its top.
    writeFileSync(join(folder, target, fileOf(block)), `${block.text}\nexport {};\n`);
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  if (programs.every(({ language }) => language === "js")) return new Map();
  const compilerOptions = {
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    module: "NodeNext",
    target: "ES2023",
    lib: ["ES2023"],
    types: ["node"],
    rootDir: "blocks",
    outDir: "compiled",
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["blocks"] }));
  const { text } = await execute(process.execPath, [typescript, "-p", folder, "--pretty", "false"], folder);
  const errors = new Map<string, string>();
  for (const line of text.split("\n").filter((line) => line.includes("error TS"))) {
    const file = /^(?:.*\/)?blocks\/([^(]+)\(/.exec(line)?.[1];
    // What is not in a block is in the package's own declarations: every block sees it.
    for (const name of file ? [file] : programs.map(fileOf)) errors.set(name, `${errors.get(name) ?? ""}${line}\n`);
  }
  return errors;
}

const nameOf = (page: string): string => page.replaceAll(/[^\w.-]/g, "-");

const fileOf = ({ page, line, language }: Block): string => `${nameOf(page)}-line-${line}.${language}`;

function execute(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Printed> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    const hear = (chunk: string): void => {
      text += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", hear);
    child.stderr.setEncoding("utf8").on("data", hear);
    child.on("error", fail);
    child.on("close", (code) => done({ code, text }));
  });
}
