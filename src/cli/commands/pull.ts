import { DIRECTORY_OPTION } from "../args.js";
import { type Command, EXIT_CODES } from "../command.js";
import { directoryFor } from "../default-directory.js";
import { assertNoFile, holdersOf, nameOf } from "../directory.js";
import { Failure } from "../failure.js";
import { FORMAT_NAMES, FORMATS, type FormatName } from "../formats.js";
import { openDataset, parseDataset } from "../hub.js";
import { TRANSFER_OPTIONS, transferAll } from "../transfer.js";

const OPTIONS = {
  out: DIRECTORY_OPTION.out,
  format: {
    kind: "choice",
    choices: ["auto", ...FORMAT_NAMES],
    default: "auto",
    about: "to write; auto: the format in which the directory has the checkpoint, else jsonl",
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
      "Rows in the directory that the dataset knows nothing of stay, unless --replace is given.",
    ].join("\n"),
  },
  whenStopped: "What was fetched is there; run the same command again to go on.",
  async run({ argument, options }, effects) {
    const directory = await directoryFor(options.out, effects);
    assertNoFile(directory);
    const dataset = await openDataset(parseDataset(argument!), effects);
    const there = await dataset.listCheckpoints();
    const names = options.only?.split(",").map((name) => nameOf(name.trim())) ?? there;
    const lost = names.find((name) => !there.includes(name));
    if (lost !== undefined || there.length === 0)
      throw new Failure(
        `"${dataset.location}" has no checkpoint${lost === undefined ? "s" : ` "${lost}"`}`,
        there.length === 0 ? `whether there is such a dataset: kura log ${argument}` : `there are ${there.join(", ")}`,
      );
    const managers = await Promise.all(FORMAT_NAMES.map((format) => FORMATS[format].open(directory, {})));
    const named = FORMAT_NAMES.indexOf(options.format as FormatName);
    const transfers = [];
    for (const name of [...new Set(names)].sort()) {
      const to = managers[named] ?? (await holdersOf(managers, [name]))[0] ?? managers[0]!;
      transfers.push({ name, from: dataset, to });
    }
    return (await transferAll(transfers, options, effects)).isDone ? EXIT_CODES.ok : EXIT_CODES.failed;
  },
};
