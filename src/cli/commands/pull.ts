import { type Command, EXIT_CODES } from "../command.js";
import { COPIES_OPTIONS, openCopies } from "../copies.js";
import { nameOf } from "../directory.js";
import { Failure } from "../failure.js";
import { assertDataset, openDataset, parseDataset } from "../hub.js";
import { TRANSFER_OPTIONS, transferAll } from "../transfer.js";

const OPTIONS = {
  ...COPIES_OPTIONS,
  format: {
    ...COPIES_OPTIONS.format,
    about: "to write; auto: the format in which the directory has the checkpoint, else jsonl",
  },
  split: {
    kind: "text",
    value: "name",
    about: "of a config that another program wrote (default: the only one, or train)",
  },
  ...TRANSFER_OPTIONS,
} as const;

export const pull: Command<typeof OPTIONS> = {
  spec: {
    name: "pull",
    about: "Bring checkpoints from a dataset of the HuggingFace Hub here; what is here already is not fetched.",
    argument: "<owner/name[@revision]>",
    options: OPTIONS,
    example: "kura pull me/chats@v1 --out v1",
    notes: [
      "A revision is a branch, tag or commit. The token is that of HF_TOKEN, or of `hf auth login`; HF_ENDPOINT names another Hub.",
      "Configs of Parquet files that other programs wrote (push_to_hub) are brought here too, one split at a time.",
      "Rows in the directory that the dataset knows nothing of stay, unless --replace is given.",
    ].join("\n"),
  },
  whenStopped: "What was fetched is there; run the same command again to go on.",
  async run({ argument, options }, effects) {
    const { out, format, config } = options;
    const copies = await openCopies(
      { typed: out, format, config, isMade: true, isSavedTo: true, saysUnverified: false },
      effects,
    );
    const dataset = await openDataset(parseDataset(argument!), effects, { split: options.split });
    const there = await dataset.listCheckpoints();
    const names = options.only?.split(",").map((name) => nameOf(name.trim())) ?? there;
    const lost = names.find((name) => !there.includes(name));
    if (there.length === 0) {
      await assertDataset(dataset, effects.signal);
      throw new Failure(`"${dataset.location}" has no checkpoints`);
    }
    if (lost !== undefined)
      throw new Failure(`"${dataset.location}" has no checkpoint "${lost}"`, `there are ${there.join(", ")}`);
    const transfers = [];
    for (const name of [...new Set(names)].sort())
      transfers.push({ name, from: dataset, to: await copies.holder(name) });
    return (await transferAll(transfers, options, effects)).isDone ? EXIT_CODES.ok : EXIT_CODES.failed;
  },
};
