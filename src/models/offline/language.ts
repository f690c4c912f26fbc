import { STOP_WORDS_BY_LANGUAGE } from "./stop-words.js";

const SCRIPTS: readonly (readonly [RegExp, string])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, "japanese"],
  [/\p{Script=Hangul}/gu, "korean"],
  [/\p{Script=Han}/gu, "chinese"],
  [/\p{Script=Cyrillic}/gu, "russian"],
  [/\p{Script=Arabic}/gu, "arabic"],
  [/\p{Script=Devanagari}/gu, "hindi"],
  [/\p{Script=Greek}/gu, "greek"],
  [/\p{Script=Hebrew}/gu, "hebrew"],
  [/\p{Script=Thai}/gu, "thai"],
];

/** Letters of a script that make a text one of that script, as a share of all letters. */
const SCRIPT_SHARE = 0.2;

/**
 * The natural language of a text, in English and lower case as Kura writes it, by its script or its function words; undefined where too
 * little of it is known.
 */
export function languageOf(text: string): string | undefined {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (letters === 0) return undefined;
  for (const [script, language] of SCRIPTS) {
    if ((text.match(script)?.length ?? 0) / letters > SCRIPT_SHARE)
      return language === "russian" && /[їієґ]/i.test(text) ? "ukrainian" : language;
  }
  const words = text.toLowerCase().match(/[\p{L}'’]+/gu) ?? [];
  let best: string | undefined;
  let most = 0;
  for (const [language, stop] of Object.entries(STOP_WORDS_BY_LANGUAGE)) {
    let hits = 0;
    for (const word of words) if (stop.has(word)) hits++;
    if (hits > most) [best, most] = [language, hits];
  }
  return best;
}

const PROGRAMMING: Readonly<Record<string, RegExp>> = {
  python:
    /\b(?:python|pandas|numpy|django|pytest|pip install)\b|```python|^\s*(?:def \w+\(|import \w+$|from \w+ import )/im,
  javascript: /\b(?:javascript|node\.?js|npm install|react(?:\.?js)?)\b|```(?:js|javascript|jsx)\b|\bconsole\.log\(/i,
  typescript: /\btypescript\b|```(?:ts|typescript|tsx)\b/i,
  sql: /\bsql\b|```sql\b|\bSELECT\b[\s\S]{1,200}\bFROM\b/,
  java: /\bjava\b(?!script)|```java\b|\bpublic static void\b/i,
  "c++": /\bc\+\+|```(?:cpp|c\+\+)/i,
  "c#": /\bc#|```(?:cs|csharp)\b/i,
  go: /\bgolang\b|```go\b/i,
  rust: /\brust(?:c|lang| compiler| borrow)\b|\bcargo (?:build|run|test)\b|```rust\b/i,
  ruby: /\bruby\b|```ruby\b/i,
  php: /\bphp\b|```php\b/i,
  bash: /\bbash\b|```(?:bash|sh|shell)\b|\bshell script\b/i,
  html: /\bhtml\b|```html\b/i,
  css: /\bcss\b|```css\b/i,
  r: /```r\b|\bggplot2?\b|\btidyverse\b/i,
};

export function programmingLanguagesOf(text: string): string[] {
  return Object.entries(PROGRAMMING).flatMap(([language, signs]) => (signs.test(text) ? [language] : []));
}
