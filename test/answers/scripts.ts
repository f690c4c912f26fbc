import type { CrashMode } from "../support/crash-states.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { emptyDisk, type Operation, usedDisk } from "./explore.js";

const put = (...groups: number[][]): Operation => ({ do: "put", groups });
const collect = (...keep: number[]): Operation => ({ do: "collect", keep });

interface Script {
  readonly disk: (mode: CrashMode) => Promise<PowerLossFileSystem>;
  readonly operations: readonly Operation[];
}

const empty = (mode: CrashMode) => emptyDisk(new PowerLossFileSystem(mode, 0));
const used = (mode: CrashMode) => usedDisk(new PowerLossFileSystem(mode, 0));

export const SCRIPTS: Readonly<Record<string, Script>> = {
  "answers on an empty disk": { disk: empty, operations: [put([1, 2, 3], [4], [5, 6]), put([7], [8, 9])] },
  "answers beside checkpoints": { disk: used, operations: [put([1, 2], [3, 4, 5]), put([6], [7]), put([8])] },
  "a collection, and a dropped answer bought again": {
    disk: used,
    operations: [put([1, 2, 3]), put([4, 5], [6]), collect(2, 4, 6), put([7, 1])],
  },
  "an answer that two have bought": { disk: empty, operations: [put([1, 2]), put([1, 3]), collect(1), put([2])] },
  "collections of collections": {
    disk: used,
    operations: [put([1, 2, 3, 4]), collect(1, 2, 3), put([5]), collect(1, 5), collect()],
  },
};
