import { type Command, EXIT_CODES } from "../command.js";
import { Failure } from "../failure.js";
import { openDataset, parseDataset, tagName } from "../hub.js";
import { textTable } from "../spell.js";

const OPTIONS = {
  as: { kind: "text", value: "name", about: "the tag (default: list those that there are)" },
  message: { kind: "text", value: "text", about: "what the tag says" },
} as const;

export const tag: Command<typeof OPTIONS> = {
  spec: {
    name: "tag",
    about: "Give what a dataset of the HuggingFace Hub holds now, or held at a commit, a name that stays with it.",
    argument: "<owner/name[@revision]>",
    options: OPTIONS,
    example: "kura tag me/chats --as v1",
  },
  async run({ argument, options: { as, message } }, effects) {
    const { id, revision } = parseDataset(argument!);
    const dataset = await openDataset({ id, revision }, effects);
    const { signal, stdout } = effects;
    if (as === undefined) {
      const { tags } = await dataset.refs({ signal });
      if (tags.size === 0) throw new Failure(`"${dataset.location}" has no tags`, "--as gives it one");
      await stdout.write(`${textTable([...tags].map(([name, commit]) => [name, commit])).join("\n")}\n`);
      return EXIT_CODES.ok;
    }
    await dataset.tag(await tagName(as), { signal, ...(message !== undefined && { message }) });
    const tagged = await openDataset({ id, revision: as }, effects);
    await stdout.write(`${dataset.location} is now also ${tagged.location}\n`);
    return EXIT_CODES.ok;
  },
};
