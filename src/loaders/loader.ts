/**
 * How the conversations lie in a file. `lines`: one JSON object a line. `array`: one JSON array. `member`: an array that is a member of an
 * object, such as {"conversations": […]}. `single`: one object, which is the only conversation.
 */
export type LayoutKind = "lines" | "array" | "member" | "single";

/** What one loader knows: to tell its format from the others by one conversation, and to read one. It knows no files. */
export interface Loader {
  /** Whose format this is and what it is known by, for messages: "Claude's export (chat_messages)". */
  readonly title: string;
  /** The fields that tell it apart, for messages. */
  readonly signs: string;
  /** From the first conversation of a file. Of the loaders, in the order of their table, the first that says yes reads it. */
  recognises(value: JsonObject, layout: LayoutKind): boolean;
  /**
   * @param text What `value` was parsed from, for numbers that JSON.parse rounds.
   * @throws {FieldError} For a field that has not the type it must have.
   */
  read(value: JsonObject, text: string, note: Note): Draft;
}

/** Says what was made up, changed or left out in a conversation. Said twice of one, it counts once; reported at the end of the file. */
export type Note = (what: string) => void;

export type JsonObject = Record<string, unknown>;

/** A conversation as far as its file tells; `conversationFrom` adds what is missing. */
export interface Draft {
  readonly id: string | undefined;
  readonly createdAt: string | undefined;
  readonly messages: readonly DraftMessage[];
  readonly metadata: JsonObject;
}

export interface DraftMessage {
  readonly createdAt: string | undefined;
  readonly role: string;
  readonly content: string;
}
