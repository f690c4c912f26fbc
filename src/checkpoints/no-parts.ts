import type { AddPart, OpenPart } from "../formats/format.js";

/* Of a checkpoint that is one file. */

export const addNoPart: AddPart = async () => {
  throw new TypeError("Cannot add a part to a checkpoint that is one file");
};

export const openNoPart: OpenPart = async () => undefined;
