/*
 * Files of others hold texts that JavaScript cannot keep in a value: 1.0 where it writes 1, key "10" before "2". Such a text is
 * remembered beside the object or array that was made of it, and written back as long as the value still says the same.
 */
const spellings = new WeakMap<object, string>();

export function remember(value: object, text: string): void {
  spellings.set(value, text);
}

/** Compact: without space between tokens and needless escapes in strings; numbers and the order of keys as they were. */
export function recall(value: object): string | undefined {
  const text = spellings.get(value);
  if (text === undefined || !/[\s\\]/.test(text)) return text;
  return text.replace(STRING_OR_SPACE, (token) => (token[0] === '"' ? JSON.stringify(JSON.parse(token)) : ""));
}

const STRING_OR_SPACE = /"(?:[^"\\]|\\.)*"|[ \t\n\r]+/g;
