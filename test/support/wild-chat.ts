import { rowType } from "../../src/rows/row-type.js";

/** Conversations as people keep them, in columns of their own: as WildChat has them. */
export const WildChat = rowType({
  name: "wild",
  columns: [
    { name: "conversation_hash", type: "text" },
    { name: "timestamp", type: "timestamp" },
    {
      name: "conversation",
      type: "list",
      items: {
        type: "struct",
        fields: [
          { name: "content", type: "text" },
          { name: "role", type: "text" },
        ],
      },
    },
    { name: "model", type: "text" },
  ],
});
