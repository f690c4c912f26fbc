import type { Answer } from "../../src/checkpoints/answers/answer.js";

export function roundNumbered(round: number): { groups: number[][]; then: "collect" | "close" };
export function isNeeded(number: number): boolean;
export function keyNumbered(number: number): string;
export function answerNumbered(number: number): Answer;
