import { StorageError } from "../../errors.js";
import { type Command, EXIT_CODES } from "../command.js";
import { COPIES_OPTIONS, openCopies } from "../copies.js";
import { nameOf } from "../directory.js";
import { Failure } from "../failure.js";
import { openDataset, parseDataset, tagName } from "../hub.js";
import { rememberHubCopies } from "../hub-copies.js";
import { TRANSFER_OPTIONS, transferAll } from "../transfer.js";

const OPTIONS = {
  ...COPIES_OPTIONS,
  private: { kind: "flag", about: "where the dataset has to be made: for its owners' eyes alone" },
  tag: { kind: "text", value: "name", about: "then give the dataset this tag" },
  ...TRANSFER_OPTIONS,
} as const;

export const push: Command<typeof OPTIONS> = {
  spec: {
    name: "push",
    about:
      "Bring checkpoints to a dataset of the HuggingFace Hub, each a config of its own; what it has is not sent again.",
    argument: "<owner/name[@branch]>",
    options: OPTIONS,
    example: "kura push me/chats",
    notes: [
      "The token is that of HF_TOKEN, or of `hf auth login`; HF_ENDPOINT names another Hub. Of a checkpoint that is there in several formats",
      "the one that was saved last is sent, as Parquet. Rows on the Hub that this directory knows nothing of stay, unless --replace is given.",
    ].join("\n"),
  },
  whenStopped: "What was sent is there; run the same command again to go on.",
  async run({ argument, options }, effects) {
    const tag = options.tag === undefined ? undefined : await tagName(options.tag);
    const parsed = parseDataset(argument!);
    const dataset = await openDataset(parsed, effects, {
      ...(options.private && { private: true }),
    });
    const { out, format, config } = options;
    const copies = await openCopies({ typed: out, format, config, saysUnverified: false }, effects);
    const there = await copies.names();
    const names = options.only?.split(",").map((name) => nameOf(name.trim())) ?? there;
    const transfers = [];
    for (const name of [...new Set(names)].sort()) {
      if (!there.includes(name)) throw await copies.missing(name);
      transfers.push({ name, from: await copies.holder(name), to: dataset });
    }
    if (transfers.length === 0) throw new Failure(`"${copies.location}" has no checkpoints`);
    // A new branch holds what the main one does: that is what is compared.
    const refused = await dataset.prepare({ signal: effects.signal }).then(
      () => undefined,
      (error: unknown) => error,
    );
    // What cannot be sent now is a copy that lags; a tag is none.
    if (!(refused instanceof StorageError)) {
      const firsts = copies.all.map(({ managers }) => managers[0]!);
      await rememberHubCopies(firsts, [parsed], effects);
    }
    if (refused) throw refused;
    const sent = await transferAll(transfers, options, effects);
    if (!sent.isDone) return EXIT_CODES.failed;
    if (tag !== undefined) await dataset.tag(tag, { signal: effects.signal });
    if (!options.json) {
      const shown = sent.names.includes("summaries") ? "summaries" : sent.names[0]!;
      await effects.stdout.write(`${await dataset.url()}\n${dataset.loadLine(shown)}\n`);
    }
    return EXIT_CODES.ok;
  },
};
