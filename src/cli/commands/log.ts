import type { HubCommit } from "../../hub/versions.js";
import { type Command, EXIT_CODES } from "../command.js";
import { openDataset, parseDataset } from "../hub.js";
import { spellTime, textTable } from "../spell.js";

const OPTIONS = {
  limit: { kind: "integer", value: "n", min: 1, default: 20, about: "at most so many commits, the newest first" },
  json: { kind: "flag", about: "a JSON object for each commit" },
} as const;

export const log: Command<typeof OPTIONS> = {
  spec: {
    name: "log",
    about:
      "The commits of a dataset of the HuggingFace Hub, the newest first, with the branches and tags that name them.",
    argument: "<owner/name[@revision]>",
    options: OPTIONS,
    example: "kura log me/chats",
    notes: "Each can be loaded, pulled and compared by its id: kura pull me/chats@<commit>.",
  },
  async run({ argument, options: { limit, json } }, effects) {
    const dataset = await openDataset(parseDataset(argument!), effects);
    const { signal, stdout } = effects;
    const { branches, tags } = await dataset.refs({ signal });
    const namesOf = ({ id }: HubCommit) =>
      [...tags, ...branches].filter(([, commit]) => commit === id).map(([name]) => name);
    const commits: HubCommit[] = [];
    for await (const commit of dataset.log({ signal })) if (commits.push(commit) === limit) break;
    const lines = json
      ? commits.map((commit) => JSON.stringify({ ...commit, names: namesOf(commit) }))
      : textTable(
          commits.map((commit) => [
            commit.id.slice(0, 10),
            spellTime(new Date(commit.date)),
            commit.title,
            namesOf(commit).join(", "),
          ]),
        );
    await stdout.write(`${lines.join("\n")}\n`);
    return EXIT_CODES.ok;
  },
};
