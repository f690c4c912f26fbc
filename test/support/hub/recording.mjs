/** What of a request decides how it is answered. */
const REQUEST_HEADERS = ["authorization", "content-type", "range", "content-length"];
/** What of an answer a client looks at. */
const ANSWER_HEADERS = [
  "content-type",
  "content-range",
  "etag",
  "link",
  "location",
  "x-error-code",
  "x-linked-etag",
  "x-linked-size",
  "x-repo-commit",
  "x-total-count",
];

/**
 * The exchanges of a Hub that was made with `record`, with what differs from time to time called by names: `$hub`, `$store`, `$date`, and
 * `$commit1` on, in the order in which commits were first spoken of.
 */
export function recordingOf(hub) {
  const names = namesOf(hub);
  return hub.exchanges.map(({ request, answer }) => ({
    origin: names(request.origin),
    method: request.method,
    path: names(request.path),
    headers: picked(request.headers, REQUEST_HEADERS, names),
    body: spelled(request.body, names),
    status: answer.status,
    answered: picked(answer.headers, ANSWER_HEADERS, names),
    with: spelled(answer.body, names),
  }));
}

/** Makes a recorded request of a Hub, and gives what there is to be compared with the recording. */
export async function replay(hub, recorded) {
  const values = new Map([
    ["$hub", hub.url],
    ["$store", hub.storageUrl],
  ]);
  for (const [index, commit] of namesOf(hub).known().entries()) values.set(`$commit${index + 1}`, commit);
  const filled = (text) => text.replace(/\$(?:hub|store|commit\d+)/g, (name) => values.get(name) ?? name);
  const { "content-length": _length, ...headers } = recorded.headers;
  const body = typeof recorded.body === "string" ? filled(recorded.body) : Buffer.from(recorded.body.base64, "base64");
  const hasBody = recorded.method !== "GET" && recorded.method !== "HEAD";
  await fetch(filled(recorded.origin) + filled(recorded.path), {
    method: recorded.method,
    headers,
    redirect: "manual",
    ...(hasBody && { body }),
  }).then((answer) => answer.arrayBuffer());
  const { status, answered, with: said } = recordingOf(hub).at(-1);
  return { status, answered, with: said };
}

function namesOf(hub) {
  const known = [];
  const commits = () => new Set([...hub.everyRepo.values()].flatMap((repo) => [...repo.commits.keys()]));
  const isCommit = (text) => commits().has(text);
  const names = (text) =>
    text
      .replaceAll(hub.url, "$hub")
      .replaceAll(hub.storageUrl, "$store")
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "$date")
      .replace(/\b[0-9a-f]{40}\b/g, (hash) => {
        if (!isCommit(hash)) return hash;
        if (!known.includes(hash)) known.push(hash);
        return `$commit${known.indexOf(hash) + 1}`;
      });
  names.known = () => {
    known.length = 0;
    for (const { request, answer } of hub.exchanges) {
      names(request.path);
      names(request.body.toString("latin1"));
      for (const value of Object.values(answer.headers)) names(String(value));
      names(answer.body.toString("latin1"));
    }
    return known;
  };
  if (hub.exchanges.length > 0) names.known();
  return names;
}

function picked(headers, wanted, names) {
  return Object.fromEntries(
    wanted.filter((name) => headers[name] !== undefined).map((name) => [name, names(String(headers[name]))]),
  );
}

const spelled = (bytes, names) => {
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? names(text) : { base64: bytes.toString("base64") };
};
