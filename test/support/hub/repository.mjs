import { sha1 } from "./objects.mjs";

/** What the Hub answers when a commit is not made on what is there. */
export class Refused extends Error {
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Branches, tags and commits of one dataset, in memory. A tree is a map from paths to files `{ oid, size, lfs? }`. */
export class Repository {
  constructor(id, { objects, isPrivate = false, gated = false }) {
    this.id = id;
    this.objects = objects;
    this.isPrivate = isPrivate;
    this.gated = gated;
    /** Names of users that a gate lets through. */
    this.admitted = new Set();
    this.branches = new Map();
    this.tags = new Map();
    this.commits = new Map();
    const attributes = objects.addSmall(Buffer.from("*.parquet filter=lfs diff=lfs merge=lfs -text\n"));
    this.branches.set(
      "main",
      this.#record({ tree: new Map([[".gitattributes", attributes]]), parent: null, title: "initial commit" }),
    );
  }

  /** The commit that a branch, tag, full or shortened id names. */
  resolve(revision) {
    if (revision === "HEAD") return this.branches.get("main");
    const named = this.branches.get(revision.replace(/^refs\/heads\//, "")) ?? this.tags.get(revision);
    if (named) return named;
    if (this.commits.has(revision)) return revision;
    if (!/^[0-9a-f]{7,39}$/.test(revision)) return undefined;
    return [...this.commits.keys()].find((id) => id.startsWith(revision));
  }

  treeAt(commit) {
    return this.commits.get(commit).tree;
  }

  /** @param changes Of the commit payload: `{ key, value }`. */
  commit(branch, { parent, title, message = "", changes }) {
    const head = this.branches.get(branch);
    if (head === undefined) throw new Refused(404, `Invalid rev id: ${branch}`, "RevisionNotFound");
    if (parent !== undefined && parent !== head)
      throw new Refused(412, "A commit has happened since. Please refresh and try again.");
    const tree = new Map(this.treeAt(head));
    for (const { key, value } of changes) this.#apply(tree, key, value);
    const id = this.#record({ tree, parent: head, title, message });
    this.branches.set(branch, id);
    return id;
  }

  branch(name, { startingPoint = "main", emptyBranch = false, overwrite = false } = {}) {
    if (this.branches.has(name) && !overwrite) throw new Refused(409, "Reference already exists");
    const start = this.resolve(startingPoint);
    if (start === undefined) throw new Refused(404, `Invalid rev id: ${startingPoint}`, "RevisionNotFound");
    this.branches.set(
      name,
      emptyBranch ? this.#record({ tree: new Map(), parent: null, title: "initial commit" }) : start,
    );
  }

  tag(name, revision) {
    if (this.tags.has(name)) throw new Refused(409, "Tag reference exists already");
    const commit = this.resolve(revision);
    if (commit === undefined) throw new Refused(404, `Invalid rev id: ${revision}`, "RevisionNotFound");
    this.tags.set(name, commit);
  }

  /** From the newest to the first. */
  log(commit) {
    const found = [];
    for (let id = commit; id !== null; id = this.commits.get(id).parent) found.push({ id, ...this.commits.get(id) });
    return found;
  }

  #apply(tree, key, { path, content, encoding = "utf-8", oid }) {
    if (path !== undefined && /(^|\/)(\.{1,2}|\.git)(\/|$)|^\/|\/\/|\\/.test(path))
      throw new Refused(400, `Invalid path: ${path}`);
    if (key === "file") {
      tree.set(path, this.objects.addSmall(Buffer.from(content, encoding)));
    } else if (key === "lfsFile") {
      if (!this.objects.hasLarge(oid))
        throw new Refused(400, `LFS pointer pointed to a file that does not exist: ${path}`);
      tree.set(path, this.objects.largeFile(oid));
    } else if (key === "deletedFile") {
      if (!tree.delete(path)) throw new Refused(404, `A file with this name doesn't exist: ${path}`, "EntryNotFound");
    } else if (key === "deletedFolder") {
      for (const inside of [...tree.keys()]) if (inside.startsWith(`${path.replace(/\/$/, "")}/`)) tree.delete(inside);
    } else throw new Refused(400, `Unknown operation: ${key}`);
  }

  #record({ tree, parent, title, message = "" }) {
    const date = new Date().toISOString();
    const files = [...tree].map(([path, { oid }]) => `${oid} ${path}`).sort();
    const id = sha1(JSON.stringify([files, parent, title, message, date, this.commits.size]));
    this.commits.set(id, { tree, parent, title, message, date });
    return id;
  }
}

/** The entries of a folder, as the tree endpoint lists them. */
export function listTree(tree, folder, isRecursive) {
  const prefix = folder === "" ? "" : `${folder}/`;
  const entries = [];
  const folders = new Set();
  for (const [path, file] of [...tree].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!path.startsWith(prefix)) continue;
    const names = path.slice(prefix.length).split("/");
    for (let depth = 1; depth < names.length && (isRecursive || depth === 1); depth++) {
      const inside = prefix + names.slice(0, depth).join("/");
      if (folders.has(inside)) continue;
      folders.add(inside);
      entries.push(folderEntry(inside));
    }
    if (isRecursive || names.length === 1) entries.push(fileEntry(path, file));
  }
  return entries;
}

export const folderEntry = (path) => ({ type: "directory", oid: sha1(path), size: 0, path });

export const fileEntry = (path, { oid, size, lfs }) => ({
  type: "file",
  oid,
  size,
  path,
  ...(lfs && { lfs: { oid: lfs, size, pointerSize: 134 } }),
});
