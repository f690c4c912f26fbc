/** Personal data that can be told by its form. What is left of a text is safe to show; this is a help, not a guarantee. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu, "[email]"],
  [/\b(?:\d[ -]?){13,19}\b/g, "[number]"],
  [/(?<![\p{L}\p{N}.])\+?\(?\d{2,4}\)?[ .-]\d{2,4}[ .-]?\d{2,6}(?:[ .-]\d{1,6})?(?![\p{L}\p{N}])/gu, "[phone]"],
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, "[address]"],
  [
    /(?<!\p{L})((?:[Mm]y name is|I am called|[Cc]all me|[Mm]e llamo|[Jj]e m['’]appelle|[Ii]ch heiße|[Mm]ein Name ist|[Mm]eu nome é|[Mm]i chiamo)\s+)\p{Lu}[\p{L}'’-]+(?:\s+\p{Lu}[\p{L}'’-]+)?/gu,
    "$1[name]",
  ],
];

export function mask(text: string): string {
  return MASKS.reduce((masked, [pattern, name]) => masked.replace(pattern, name), text);
}
