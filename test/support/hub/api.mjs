import { json, page, refusal } from "./answers.mjs";
import { fileEntry, folderEntry, listTree, Repository } from "./repository.mjs";

/** The Hub shows fifty entries with their last commits, a thousand without. */
const TREE_PAGE = 1000;
const COMMITS_PAGE = 50;
/** What goes into LFS by its size alone. */
const LARGE_BYTES = 10 * 1024 * 1024;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}$/;

const isTrue = (text) => /^(true|1)$/i.test(text ?? "");

/** Of the Hub as a whole. */
export const SITE_ROUTES = [
  ["GET", /^\/api\/whoami-v2$/, whoAmI],
  ["POST", /^\/api\/validate-yaml$/, () => json(200, { errors: [], warnings: [] })],
  ["POST", /^\/api\/repos\/create$/, createRepo],
  ["DELETE", /^\/api\/repos\/delete$/, deleteRepo],
];

/** Of one dataset: what follows `/api/datasets/<owner>/<name>`. The third says who may. */
export const DATASET_ROUTES = [
  ["GET", /^$/, "know", (_, request) => describe(_, request, "main")],
  ["GET", /^\/revision\/([^/]+)$/, "know", describe],
  ["GET", /^\/refs$/, "know", refs],
  ["GET", /^\/tree\/([^/]+)(?:\/(.*))?$/, "know", tree],
  ["POST", /^\/paths-info\/([^/]+)$/, "know", pathsInfo],
  ["GET", /^\/commits\/([^/]+)$/, "know", commits],
  ["POST", /^\/branch\/([^/]+)$/, "write", createBranch],
  ["DELETE", /^\/branch\/([^/]+)$/, "write", (_, { repo }, name) => drop(repo.branches, name)],
  ["POST", /^\/tag\/([^/]+)$/, "write", createTag],
  ["DELETE", /^\/tag\/([^/]+)$/, "write", (_, { repo }, name) => drop(repo.tags, name)],
  ["POST", /^\/preupload\/([^/]+)$/, "write", preupload],
  ["POST", /^\/commit\/([^/]+)$/, "write", commit],
];

function whoAmI(_, { user }) {
  if (!user) return refusal(401, "Invalid username or password.");
  return json(200, {
    type: "user",
    id: "1",
    name: user.name,
    fullname: user.name,
    email: `${user.name}@example.org`,
    orgs: (user.orgs ?? []).map((name) => ({ type: "org", id: name, name, fullname: name, isEnterprise: false })),
    auth: { type: "access_token", accessToken: { displayName: "test", role: user.role } },
  });
}

function createRepo(hub, { user, body, origin }) {
  const { name, organization, type = "model", visibility, private: isPrivate } = JSON.parse(body);
  const owner = organization ?? user?.name;
  const refused = hub.access.refuseWriting(user, owner);
  if (refused) return refused;
  if (type !== "dataset") return refusal(400, `This Hub holds datasets only, not a ${type}`);
  if (!NAME.test(name) || /--|\.\.|\.git$|[-.]$/.test(name)) return refusal(400, `Invalid repo name: ${name}`);
  const id = `${owner}/${name}`;
  const url = `${origin}/datasets/${id}`;
  if (hub.repos.has(id)) return json(409, { error: "You already created this dataset repo", url });
  hub.repos.set(id, new Repository(id, { objects: hub.objects, isPrivate: isPrivate ?? visibility === "private" }));
  return json(200, { url, name: id, id });
}

function deleteRepo(hub, { user, body }) {
  const { name, organization } = JSON.parse(body);
  const owner = organization ?? user?.name;
  const refused = hub.access.refuseWriting(user, owner);
  if (refused) return refused;
  return hub.repos.delete(`${owner}/${name}`) ? json(200, {}) : hub.access.hidden(user);
}

function describe(_, { repo }, revision) {
  const sha = repo.resolve(revision);
  if (sha === undefined) return unknownRevision(revision);
  const { date, tree } = repo.commits.get(sha);
  return json(200, {
    _id: "1",
    id: repo.id,
    author: repo.id.split("/")[0],
    sha,
    lastModified: date,
    createdAt: date,
    private: repo.isPrivate,
    gated: repo.gated,
    disabled: false,
    downloads: 0,
    likes: 0,
    tags: [],
    cardData: {},
    siblings: [...tree.keys()].sort().map((rfilename) => ({ rfilename })),
  });
}

function refs(_, { repo, query }) {
  const list = (map, prefix) =>
    [...map].map(([name, targetCommit]) => ({ name, ref: `${prefix}/${name}`, targetCommit }));
  return json(200, {
    branches: list(repo.branches, "refs/heads"),
    converts: [],
    tags: list(repo.tags, "refs/tags"),
    ...(query.get("include_prs") && { pullRequests: [] }),
  });
}

function tree(hub, request, revision, folder = "") {
  const { repo, query } = request;
  const sha = repo.resolve(revision);
  if (sha === undefined) return unknownRevision(revision);
  const { title, date, tree: files } = repo.commits.get(sha);
  const entries = listTree(files, folder, isTrue(query.get("recursive")));
  if (folder !== "" && entries.length === 0)
    return refusal(404, `${folder} does not exist on "${revision}"`, "EntryNotFound");
  const isExpanded = isTrue(query.get("expand"));
  const items = isExpanded ? entries.map((entry) => ({ ...entry, lastCommit: { id: sha, title, date } })) : entries;
  const limit = Number(query.get("limit") ?? (isExpanded ? 50 : (hub.treePage ?? TREE_PAGE)));
  return page(request, items, { limit, parameter: "cursor" });
}

function pathsInfo(_, { repo, body, headers }, revision) {
  const sha = repo.resolve(revision);
  if (sha === undefined) return unknownRevision(revision);
  const text = body.toString();
  const paths = (headers["content-type"] ?? "").includes("json")
    ? JSON.parse(text).paths
    : new URLSearchParams(text).getAll("paths");
  const files = repo.treeAt(sha);
  const found = [];
  for (const path of paths) {
    if (files.has(path)) found.push(fileEntry(path, files.get(path)));
    else if ([...files.keys()].some((inside) => inside.startsWith(`${path}/`))) found.push(folderEntry(path));
  }
  return json(200, found);
}

function commits(_, request, revision) {
  const { repo, query } = request;
  const sha = repo.resolve(revision);
  if (sha === undefined) return unknownRevision(revision);
  const authors = [{ user: repo.id.split("/")[0], avatar: "" }];
  const all = repo.log(sha).map(({ id, title, message, date }) => ({ id, title, message, authors, date }));
  return page(request, all, {
    limit: Number(query.get("limit") ?? COMMITS_PAGE),
    parameter: "p",
    headers: { "x-total-count": String(all.length) },
  });
}

function createBranch(_, { repo, body }, name) {
  repo.branch(name, JSON.parse(body.toString() || "{}"));
  return json(200, {});
}

function createTag(_, { repo, body }, revision) {
  repo.tag(JSON.parse(body).tag, revision);
  return json(200, {});
}

function drop(map, name) {
  return map.delete(name) ? json(200, {}) : unknownRevision(name);
}

function preupload(hub, { repo, body }, revision) {
  const sha = repo.resolve(revision);
  if (sha === undefined) return unknownRevision(revision);
  const files = repo.treeAt(sha);
  return json(200, {
    files: JSON.parse(body).files.map(({ path, size }) => ({
      path,
      uploadMode: /\.(parquet|arrow)$/.test(path) || size >= (hub.largeBytes ?? LARGE_BYTES) ? "lfs" : "regular",
      shouldIgnore: false,
      ...(files.has(path) && { oid: files.get(path).oid }),
    })),
    commitOid: sha,
  });
}

function commit(_, { repo, body, origin }, branch) {
  const lines = body
    .toString()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const [header, ...changes] = lines;
  if (header?.key !== "header") return refusal(400, "The first line of a commit is its header");
  const { summary, description, parentCommit } = header.value;
  const commitOid = repo.commit(branch, { parent: parentCommit, title: summary, message: description, changes });
  const commitUrl = `${origin}/datasets/${repo.id}/commit/${commitOid}`;
  return json(200, { success: true, commitOid, commitUrl, hookOutput: "" });
}

export function unknownRevision(revision) {
  return refusal(404, `Invalid rev id: ${revision}`, "RevisionNotFound");
}
