/** What the process that is killed does at each number, known to it and to who kills it. */
export function operationNumbered(number) {
  if (number % 7 === 5) return "delete";
  return number % 7 === 3 ? "sync" : "save";
}

/** Rows that say of which save they are; enough that writing them takes a while. */
export function notesNumbered(number) {
  const count = 300 + ((number * 37) % 900);
  return Array.from({ length: count }, (_, i) => ({
    id: `${number}-${i}`,
    label: number,
    text: "text ".repeat(1 + ((i * 7) % 30)),
  }));
}
