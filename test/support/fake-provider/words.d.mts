export function seedOf(text: string): number;
export function tellingWords(text: string): string[];
export function frequentWords(text: string, count: number): string[];
export function hashedVector(text: string, dimensions: number): number[];
