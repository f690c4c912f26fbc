import { refusal } from "./answers.mjs";

/** Who may see and change what, and what the Hub says to those who may not. */
export class Access {
  /** @param tokens What belongs to a token: `{ name, role: "read" | "write", orgs?: string[] }`. */
  constructor(tokens) {
    this.tokens = new Map(Object.entries(tokens));
  }

  /** The user of a request; undefined without a token. @returns `{ user }` or `{ answer }`. */
  identify({ headers }) {
    const token = /^Bearer (.*)$/i.exec(headers.authorization ?? "")?.[1];
    if (token === undefined) return {};
    const user = this.tokens.get(token);
    return user ? { user } : { answer: refusal(401, "Invalid credentials in Authorization header") };
  }

  /** What is said to a user who may not know of a repository; the same as where there is none. */
  hidden(user) {
    return user
      ? refusal(404, "Repository not found", "RepoNotFound")
      : refusal(401, "Invalid username or password.", "RepoNotFound");
  }

  mayKnow(user, repo) {
    return !repo.isPrivate || isMember(user, repo.id);
  }

  /** undefined when files may be read. */
  refuseReading(user, repo) {
    if (!repo.gated || isMember(user, repo.id) || repo.admitted.has(user?.name)) return undefined;
    if (!user)
      return refusal(
        401,
        `Access to dataset ${repo.id} is restricted. You must have access to it and be authenticated to access it. Please log in.`,
        "GatedRepo",
      );
    return refusal(
      403,
      `Access to dataset ${repo.id} is restricted and you are not in the authorized list. Visit the dataset's page to ask for access.`,
      "GatedRepo",
    );
  }

  /** undefined when the repositories of an owner may be changed. */
  refuseWriting(user, owner) {
    if (!user) return refusal(401, "Invalid username or password.");
    if (!isMember(user, owner))
      return refusal(403, `You don't have the rights to create or change a dataset under the namespace "${owner}"`);
    if (user.role !== "write")
      return refusal(403, `Your token has the role "${user.role}". A token with the role "write" is needed.`);
    return undefined;
  }
}

function isMember(user, idOrOwner) {
  const [owner] = idOrOwner.split("/");
  return user?.name === owner || (user?.orgs ?? []).includes(owner);
}
