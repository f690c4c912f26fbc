/** What the Hub takes as the name of an owner or a repository (huggingface_hub, `validate_repo_id`). */
const PART = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/;
const MAX_ID_LENGTH = 96;
/** What git refuses in the name of a branch or tag (git-check-ref-format). */
const NO_REF = /[\s~^:?*[\\\p{Cc}]|\.\.|@\{|\/\/|^[/.-]|[/.]$|\/\.|\.lock(?:\/|$)|^@$|^HEAD$/u;
const GIT_TAKES = `git takes no spaces, none of ~^:?*[\\, no "..", no leading "-" or ".", no trailing "." or "/"`;

/**
 * The id of a dataset, `owner/name`, also where it is given as an address of it.
 *
 * @throws {TypeError} For what the Hub would refuse.
 */
export function repoId(given: string): string {
  const refuse = (reason: string): never => {
    throw new TypeError(`Cannot use ${JSON.stringify(given)} as a dataset of the Hub: ${reason}`);
  };
  if (typeof given !== "string") return refuse("it is called owner/name");
  const id = given.replace(/^(?:hf:\/\/)?datasets\//, "");
  const [owner = "", name = "", ...rest] = id.split("/");
  if (owner === "" || name === "" || rest.length > 0) return refuse("it is called owner/name");
  for (const part of [owner, name]) {
    if (!PART.test(part))
      return refuse(
        `"${part}" is not letters, digits, "_", "-" and ".", beginning and ending with none of "-" and "."`,
      );
    if (part.includes("--") || part.includes("..")) return refuse(`"${part}" has "--" or ".." in it`);
  }
  if (name.endsWith(".git") || name.endsWith(".ipynb")) return refuse("a name does not end in .git or .ipynb");
  if (id.length > MAX_ID_LENGTH) return refuse(`it has more than ${MAX_ID_LENGTH} characters`);
  return id;
}

/** @throws {TypeError} For what git would refuse. */
export function refName(given: string, what: "branch" | "tag"): string {
  if (typeof given === "string" && given !== "" && !NO_REF.test(given) && !/^[0-9a-f]{40}$/.test(given)) return given;
  throw new TypeError(
    `Cannot use ${JSON.stringify(given)} as the name of a ${what}: ${GIT_TAKES}, and nothing that looks like a commit`,
  );
}

/** @throws {TypeError} For what names no branch, tag or commit. */
export function revisionName(given: string): string {
  if (typeof given === "string" && (/^[0-9a-f]{7,40}$/.test(given) || (given !== "" && !NO_REF.test(given))))
    return given;
  throw new TypeError(
    `Cannot use ${JSON.stringify(given)} as a revision, which is a branch, a tag or a commit: ${GIT_TAKES}`,
  );
}
