/** What the processes that save at once save, known to them and to who looks. */
export const NOTES = {
  name: "note",
  key: "id",
  columns: ["id", "label"].map((name) => ({ name, type: "text" })),
};

export const nameOf = (number, names) => `notes-${number % names}`;

/** Rows that say of which save they are; more of some than of others. */
export const notesOf = (label) =>
  Array.from({ length: 1 + ((label.length * 7) % 30) }, (_, i) => ({ id: `${i}`, label }));
