/** What the process that is killed does at each number, known to it and to who kills it. */
export function operationNumbered(number) {
  if (number % 11 === 7) return "delete";
  return number % 5 === 4 ? "restore" : "save";
}

/** Rows that say of which save they are; some hundred kilobytes, so that writing them takes a while. */
export function notesNumbered(number) {
  const count = 200 + ((number * 37) % 800);
  return Array.from({ length: count }, (_, i) => ({
    id: `${number}-${i}`,
    label: String(number),
    text: "text ".repeat(1 + ((i * 7) % 60)),
  }));
}
