export function operationNumbered(number: number): "save" | "delete" | "sync";
export function notesNumbered(number: number): { id: string; label: number; text: string }[];
