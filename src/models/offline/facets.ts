import { shorten } from "./sentences.js";

/*
 * Two scores from 1 to 5 and a list of errors, by signs in the words. Conservative: 1 unless something says otherwise. Signs are
 * counted once each; no score pretends to understand the text.
 */

/** What an operator would want to look at, by how much. */
const CONCERNS: readonly (readonly [number, RegExp])[] = [
  [
    5,
    /\b(?:kill myself|suicid\w*|self[- ]harm|end my life|build (?:a )?bomb|make (?:a )?bomb|child (?:porn|abuse)|suicidio|selbstmord|me suicider|tirar minha vida)\b/i,
  ],
  [
    4,
    /\b(?:hack (?:into )?(?:my|her|his|their|someone|an?\b)|keylogger|spy on|stalk\w*|phishing|malware|ransomware|steal (?:a |the )?(?:password|identity|card)|counterfeit|fake (?:id|passport|prescription)|without (?:her|his|their) (?:knowledge|consent|knowing)|(?:her|his|their|ex(?:'s|es)?|girlfriend's|boyfriend's|wife's|husband's) (?:account|phone|messages|password|email))\b/i,
  ],
  [
    3,
    /\b(?:bypass (?:the )?(?:paywall|security|filter|verification)|crack(?:ed)? (?:a |the )?(?:licen[cs]e|password|software)|evade tax\w*|hide (?:money|income|assets)|plagiari\w*|write my (?:essay|thesis|exam)|cheat(?:ing)? (?:on|in) (?:an?|the|my)|weapon|threaten\w*|revenge)\b/i,
  ],
];

const FRUSTRATION: readonly RegExp[] = [
  /\b(?:useless|ridiculous|terrible|awful|horrible|waste of (?:my )?time|fed up|sick of|frustrat\w*|annoy\w*|unacceptable|infuriating|nonsense|garbage|joke)\b/i,
  /\b(?:still (?:not|doesn't|does not|isn't|broken|wrong|fails|failing|the same)|(?:again|already) (?:told|said|asked|explained)|told you|how many times|for the (?:second|third|fourth|last|\w+th) time|third time|keeps? (?:failing|happening|crashing))\b/i,
  /\b(?:that's|this is|you're|you are|it's) (?:just |completely |totally |all )?(?:wrong|incorrect|not what i (?:asked|want\w*|meant))|not what i asked|you (?:didn't|did not|don't|ignored|misunderst\w*|keep)|read (?:it|my \w+|what i) (?:again|wrote)/i,
  /[!?]{2,}|!\s.*!|\b(?:wtf|ffs|omg|argh+|ugh+)\b/i,
  /\b(?:inútil|ridículo|otra vez|no funciona|estoy hart[oa]|inutile|ridicule|encore une fois|ça ne marche (?:toujours )?pas|marre|nutzlos|lächerlich|schon wieder|funktioniert (?:immer noch )?nicht|genervt|de novo|não funciona|ridículo|não aguento|役に立たない|いい加減|何度も|ダメ)/i,
];
/** A line of shouting: several words without a lower-case letter. */
const SHOUTING = /\b\p{Lu}{3,}(?:[\s,'!]+\p{Lu}{2,}){2,}/u;

const ERROR_REPORT =
  /\b(?:that's|that is|this is|it's|you're|you are|you were) (?:just |completely |totally |simply )?(?:wrong|incorrect|not (?:right|true|correct)|mistaken|outdated)\b|\bnot what i (?:asked|meant|wanted)\b|\byou (?:got|made|gave|mixed|misread|misunderst\w*|missed|forgot|ignored)\b.{0,60}\b(?:wrong|mistake|error|incorrect|instead|part|question|it|that)\b|\byour (?:answer|code|example|solution|calculation|translation|version) (?:is|was|doesn't|does not|fails|didn't|has)\b|\bdoesn't exist\b|\beso (?:no es|está mal)\b|\bc'est faux\b|\bdas (?:ist|stimmt) (?:falsch|nicht)\b|\bisso está errado\b|違います|間違/i;

export function concerningScore(userText: string): number {
  return CONCERNS.find(([, sign]) => sign.test(userText))?.[0] ?? 1;
}

export function frustrationScore(userMessages: readonly string[]): number {
  const text = userMessages.join("\n");
  const signs = FRUSTRATION.filter((sign) => sign.test(text)).length + (SHOUTING.test(text) ? 1 : 0);
  return Math.min(5, 1 + signs);
}

/** Sentences in which the user says that the assistant was wrong; null if there is none. */
export function assistantErrors(laterUserSentences: readonly string[]): string[] | null {
  const found = laterUserSentences
    .filter((sentence) => ERROR_REPORT.test(sentence))
    .map((sentence) => shorten(sentence, 160));
  return found.length > 0 ? found.slice(0, 3) : null;
}
