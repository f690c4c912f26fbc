export function writeConversations(path: string, count: number, random: () => number): Promise<number>;
