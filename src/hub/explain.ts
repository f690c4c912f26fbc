import { HubError } from "../errors.js";
import type { Access } from "./access.js";
import type { HttpAnswer } from "./exchange.js";
import { askedWaitMs } from "./retry.js";

/** Whose request was answered. */
export interface Asker extends Access {
  /** The dataset, where it was one. */
  readonly id: string | undefined;
}

const MOST_SAID = 300;

/** What an answer that is no success means, and what to do. `act` follows "Cannot". */
export function explain(act: string, answer: HttpAnswer, asker: Asker): HubError {
  const { status } = answer;
  const { kind, reason } = meaning(answer, asker);
  return new HubError(kind, act, reason, { status });
}

function meaning(answer: HttpAnswer, asker: Asker): Pick<HubError, "kind"> & { reason: string } {
  const { status, headers } = answer;
  const { id, endpoint, token, tokenFrom } = asker;
  const code = headers["x-error-code"];
  const said = saidBy(answer, asker);
  const dataset = id === undefined ? "it" : `the dataset ${id}`;
  const login = `set HF_TOKEN to a token from ${endpoint}/settings/tokens, or give it as hubToken`;
  if (code === "GatedRepo" && token === undefined)
    return access(
      `${dataset} is gated, and there is no token; ask for access at ${endpoint}/datasets/${id}, then ${login}`,
    );
  if (code === "GatedRepo")
    return access(
      `${dataset} is gated, and whose token this is (${tokenFrom}) was not admitted; ask for access at ${endpoint}/datasets/${id}`,
    );
  if (status === 401 && token === undefined)
    return access(
      `there is no token, and ${dataset} is private, does not exist, or takes no changes from strangers; ${login}`,
    );
  if (status === 401)
    return access(`the Hub does not know the token (${tokenFrom}); it may have been revoked or cut off: ${login}`);
  if (status === 403)
    return access(
      `the token (${tokenFrom}) may not do this${said}; it has to be one with the role "write", of somebody who may change ${dataset}`,
    );
  if (status === 404 && code === "RepoNotFound")
    return missing(`there is no dataset ${id}, or ${whose(asker)} may not know of it`);
  if (status === 404 && code === "RevisionNotFound") return missing("there is no such branch, tag or commit");
  if (status === 404 && code === "EntryNotFound") return missing("there is no such file");
  if (status === 404)
    return missing(`${endpoint} has nothing of the kind${said}; if that is no Hub, correct hubUrl or HF_ENDPOINT`);
  if (status === 409 || status === 412) return { kind: "conflict", reason: `it was changed meanwhile${said}` };
  if (status === 416) return { kind: "damaged", reason: "the file is shorter than the Hub lists it" };
  if (status === 429) return unavailable(`the Hub takes no more requests for now${said}; try again ${later(headers)}`);
  if (status >= 500 || status === 408)
    return unavailable(`the Hub is out of order (${status})${said}; try again later`);
  return { kind: "refused", reason: `the Hub refuses (${status})${said}` };
}

function later(headers: HttpAnswer["headers"]): string {
  const ms = askedWaitMs(headers);
  return ms === undefined ? "later" : `in ${Math.ceil(ms / 1000)} s`;
}

const access = (reason: string) => ({ kind: "access", reason }) as const;
const missing = (reason: string) => ({ kind: "missing", reason }) as const;
const unavailable = (reason: string) => ({ kind: "unavailable", reason }) as const;

const whose = ({ token, tokenFrom }: Access) =>
  token === undefined ? "who has no token" : `whose token this is (${tokenFrom})`;

/** The Hub's own words: short, on one line, and without what it may have repeated of the request. */
function saidBy({ headers, body }: HttpAnswer, { token }: Access): string {
  let text = String(headers["x-error-message"] ?? "");
  if ((headers["content-type"] ?? "").includes("json")) {
    try {
      const { error } = JSON.parse(body.toString()) as { error?: unknown };
      if (typeof error === "string") text = error;
    } catch {
      // Cut off, or no JSON after all: the header has to do.
    }
  }
  const plain = withoutToken(text, token)
    .replace(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .replace(/https?:\/\/\S*\?\S*/g, (link) => `${link.slice(0, link.indexOf("?"))}?…`)
    .trim()
    .replace(/\.$/, "");
  if (plain === "") return "";
  return `: ${plain.length > MOST_SAID ? `${plain.slice(0, MOST_SAID)}…` : plain}`;
}

function withoutToken(text: string, token: string | undefined): string {
  return (token === undefined ? text : text.replaceAll(token, "…")).replace(/hf_[A-Za-z0-9]{8,}/g, "hf_…");
}
