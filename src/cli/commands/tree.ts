import { VISUALISE_STYLES, visualisePipelineResults } from "../../pipeline/visualise.js";
import { Cluster } from "../../rows/builtin.js";
import { DIRECTORY_OPTION } from "../args.js";
import type { Command } from "../command.js";
import { EXIT_CODES } from "../command.js";
import { directoryFor } from "../default-directory.js";
import { missing, openHolder } from "../directory.js";
import { treeWidth, wantsColor } from "../terminal.js";

const OPTIONS = {
  style: { kind: "choice", choices: VISUALISE_STYLES, default: "enhanced", about: "how much to draw" },
  ...DIRECTORY_OPTION,
} as const;

/** The checkpoint that holds the whole hierarchy. */
const HIERARCHY = "meta_clusters";

export const tree: Command<typeof OPTIONS> = {
  spec: {
    name: "tree",
    about: `Draw the hierarchy of clusters (checkpoint ${HIERARCHY}).`,
    options: OPTIONS,
    example: "kura tree --style rich",
  },
  async run({ options: { style, out: typed, format } }, effects) {
    const out = await directoryFor(typed, effects);
    const { stdout, signal } = effects;
    const manager = await openHolder(out, HIERARCHY, effects, { format });
    const clusters = await manager.loadCheckpoint(HIERARCHY, Cluster, { signal });
    if (!clusters) throw await missing(manager, HIERARCHY);
    const color = wantsColor(stdout, effects);
    await stdout.write(`${visualisePipelineResults(clusters, { style, width: treeWidth(stdout), color })}\n`);
    return EXIT_CODES.ok;
  },
};
