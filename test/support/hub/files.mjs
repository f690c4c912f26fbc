import { bytes, json, refusal } from "./answers.mjs";
import { unknownRevision } from "./api.mjs";
import { lfsPointer } from "./objects.mjs";

/** `/datasets/<owner>/<name>/resolve/<revision>/<path>` and `raw`: a file as it is, or a redirect to where large ones lie. */
export function download(hub, request, kind, revision, path) {
  const { repo, user } = request;
  const sha = repo.resolve(revision);
  if (sha === undefined) return unknownRevision(revision);
  const refused = hub.access.refuseReading(user, repo);
  if (refused) return refused;
  const file = repo.treeAt(sha).get(path);
  const shared = { "x-repo-commit": sha };
  if (!file) {
    const answer = refusal(404, "Entry not found", "EntryNotFound");
    return { ...answer, headers: { ...answer.headers, ...shared } };
  }
  const { oid, lfs, size } = file;
  if (kind === "raw" && lfs) return bytes(request, lfsPointer(lfs, size), { ...shared, etag: `"${oid}"` });
  if (!lfs) return bytes(request, hub.objects.bytesOf(file), { ...shared, etag: `"${oid}"` });
  const linked = { ...shared, "x-linked-size": String(size), "x-linked-etag": `"${lfs}"` };
  if (!hub.redirects) return bytes(request, hub.objects.bytesOf(file), { ...linked, etag: `"${lfs}"` });
  return {
    status: 302,
    headers: { ...linked, location: `${hub.storageUrl}/object/${lfs}?signature=${hub.signature}` },
    body: Buffer.alloc(0),
  };
}

/** The store of large files: another origin, that knows no tokens but links which expire. */
export const STORAGE_ROUTES = [
  ["GET", /^\/object\/([0-9a-f]+)$/, stored],
  ["PUT", /^\/upload\/([0-9a-f]{64})$/, put],
  ["PUT", /^\/part\/([0-9a-f]{64})\/(\d+)$/, putPart],
  ["POST", /^\/complete\/([0-9a-f]{64})$/, complete],
];

function stored(hub, request, oid) {
  if (request.query.get("signature") !== hub.signature) return xml(403, "Request has expired");
  const found = hub.objects.bytesNamed(oid);
  return found ? bytes(request, found, { etag: `"${oid}"` }) : xml(404, "The specified key does not exist.");
}

function put(hub, { body, headers }, oid) {
  // S3 takes no upload of a length that is not said before.
  if (headers["content-length"] === undefined) return xml(411, "You must provide the Content-Length HTTP header.");
  return hub.objects.addLarge(oid, body) ? json(200, {}) : xml(400, "The content hash does not match");
}

function putPart(hub, { body, headers }, oid, number) {
  if (headers["content-length"] === undefined) return xml(411, "You must provide the Content-Length HTTP header.");
  return json(200, undefined, { etag: `"${hub.objects.addPart(oid, Number(number), body)}"` });
}

function complete(hub, { body }, oid) {
  const { parts } = JSON.parse(body);
  const numbers = parts.map(({ partNumber }) => partNumber).sort((a, b) => a - b);
  return hub.objects.joinParts(oid, numbers) ? json(200, {}) : xml(400, "The content hash does not match");
}

const xml = (status, message) => ({
  status,
  headers: { "content-type": "application/xml" },
  body: Buffer.from(`<Error><Message>${message}</Message></Error>`),
});

/** `/datasets/<owner>/<name>.git/info/lfs/objects/batch`: where large files go (git-lfs, docs/api/batch.md). */
export function lfsBatch(hub, { body, origin }) {
  const { transfers = ["basic"], objects, operation } = JSON.parse(body);
  if (operation !== "upload") return refusal(400, `Unknown operation: ${operation}`);
  const parts = hub.partBytes !== undefined && transfers.includes("multipart") ? hub.partBytes : undefined;
  const verify = { href: `${origin}/lfs-verify` };
  const upload = ({ oid, size }) => {
    if (parts === undefined) return { href: `${hub.storageUrl}/upload/${oid}` };
    const count = Math.max(1, Math.ceil(size / parts));
    const urls = Array.from({ length: count }, (_, index) => [
      String(index + 1).padStart(5, "0"),
      `${hub.storageUrl}/part/${oid}/${index + 1}`,
    ]);
    return {
      href: `${hub.storageUrl}/complete/${oid}`,
      header: { chunk_size: String(parts), ...Object.fromEntries(urls) },
    };
  };
  return json(
    200,
    {
      transfer: parts === undefined ? "basic" : "multipart",
      objects: objects.map(({ oid, size }) => ({
        oid,
        size,
        ...(!hub.objects.hasLarge(oid) && { authenticated: true, actions: { upload: upload({ oid, size }), verify } }),
      })),
    },
    { "content-type": "application/vnd.git-lfs+json" },
  );
}
