/* Distinct, realistic rows from a seed: a word Markov chain over built-in sentences, so that compression and parsing see text, not noise. */

export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const SENTENCES = `
The user asks how to rotate an API key without dropping the requests that are already under way and wants a script for it.
A customer cannot log in after changing the phone number and asks whether the account can be moved to a new device.
The assistant explains why the query plan changed after the index was rebuilt and suggests to update the statistics first.
Someone plans a trip with two small children and wants quiet places near the station that are open on Mondays.
The user wants to know which tax form applies to a freelancer who moved to another country in the middle of the year.
A developer reports that the build fails on the server with a missing header although the same commit works on a laptop.
The user asks for a shorter version of the cover letter that still mentions the research project and the award.
An engineer compares two ways to store embeddings and asks which one can be filtered by date without reading all files.
The conversation is about a bicycle whose brakes make a loud noise after the pads were replaced last week.
The user is unhappy that the answer repeats itself and asks again for the exact command with all of its options.
A teacher needs five questions about photosynthesis for pupils of twelve and an answer sheet for parents.
The assistant proposes to split the invoice by department and to send the reminder only after the second week.`;

/** A tenth of the rows: not ASCII, and some of it not Latin-1, which V8 holds and parses at half the speed. */
const OTHER_SENTENCES = `
Die Nutzerin möchte wissen, wie man die Prüfung der Verträge über mehrere Länder hinweg für das nächste Geschäftsjahr plant.
Der Kunde ärgert sich über die verspätete Lieferung und fragt, ob er die Gebühr für den Rückversand zurückerhält.
L'utilisateur demande comment réécrire la requête pour éviter les doublons après la mise à jour de la base de données.
Le professeur prépare un exercice sur la photosynthèse et souhaite une version simplifiée pour les élèves de sixième 🌱.
ユーザーは 請求書 の 書式 を 変更 する 方法 と 締め切り に ついて 質問 して います 。
利用者 は 旅行 の 計画 に ついて 静か な 宿 と 電車 の 時刻 を 尋ねて います 🚆 。`;

function chainOf(text) {
  const followers = new Map();
  const sentences = text
    .trim()
    .split("\n")
    .map((sentence) => sentence.split(" "));
  const starts = sentences.map(([first]) => first);
  for (const words of sentences) {
    words.forEach((word, index) => {
      followers.set(word, [...(followers.get(word) ?? []), words[index + 1] ?? starts[0]]);
    });
  }
  return { followers, starts };
}

const ENGLISH = chainOf(SENTENCES);
const OTHER = chainOf(OTHER_SENTENCES);

function prose(next, words, { followers, starts } = ENGLISH) {
  let word = starts[Math.floor(next() * starts.length)];
  const out = [word];
  while (out.length < words) {
    const after = followers.get(word);
    word = after[Math.floor(next() * after.length)];
    out.push(next() < 0.03 ? `${word}${Math.floor(next() * 1e6).toString(36)}` : word);
  }
  return out.join(" ");
}

const id = (next) => {
  const hex = () =>
    Math.floor(next() * 0x100000000)
      .toString(16)
      .padStart(8, "0");
  return `${hex()}-${hex().slice(0, 4)}-4${hex().slice(0, 3)}-a${hex().slice(0, 3)}-${hex()}${hex().slice(0, 4)}`;
};

export function* summaries(count, seed = 1) {
  const next = random(seed);
  const languages = ["english", "python", "french", "sql", "japanese", "typescript"];
  for (let n = 0; n < count; n++) {
    const chain = n % 10 === 9 ? OTHER : ENGLISH;
    yield {
      summary: prose(next, 20 + Math.floor(next() * 40), chain),
      request: next() < 0.05 ? null : prose(next, 15 + Math.floor(next() * 20), chain),
      topic: next() < 0.5 ? null : prose(next, 3),
      languages: next() < 0.05 ? null : languages.filter(() => next() < 0.35),
      task: prose(next, 12 + Math.floor(next() * 12)),
      concerning_score: next() < 0.02 ? null : next() < 0.03 ? 4 : 1 + Math.floor(next() * 3),
      user_frustration: 1 + Math.floor(next() * 5),
      assistant_errors: next() < 0.1 ? [prose(next, 8)] : null,
      chat_id: id(next),
      metadata: {
        conversation_turns: 1 + Math.floor(next() * 12),
        source: next() < 0.5 ? "web" : "api",
        plan: languages[n % 6],
      },
      embedding: null,
    };
  }
}

export function* embeddings(count, dimensions = 384, seed = 2) {
  const next = random(seed);
  for (let n = 0; n < count; n++) {
    const embedding = new Float32Array(dimensions);
    for (let index = 0; index < dimensions; index++) embedding[index] = (next() + next() + next() - 1.5) / 10;
    yield { chat_id: id(next), embedding };
  }
}

export function* conversations(count, seed = 3) {
  const next = random(seed);
  const two = (value) => String(value).padStart(2, "0");
  for (let n = 0; n < count; n++) {
    const chain = n % 10 === 9 ? OTHER : ENGLISH;
    const minute = Math.floor(next() * 60);
    const at = (second) =>
      `2025-06-${two(1 + (n % 30))}T${two(n % 24)}:${two(minute)}:${two(second)}.${String(Math.floor(next() * 1e6)).padStart(6, "0")}`;
    yield {
      chat_id: id(next),
      created_at: at(0),
      messages: Array.from({ length: 2 + 2 * Math.floor(next() * 5) }, (_, turn) => ({
        created_at: at(turn),
        role: turn % 2 === 0 ? "user" : "assistant",
        content: prose(next, 20 + Math.floor(next() * 60), chain),
      })),
      metadata: {
        model: next() < 0.5 ? "small" : "large",
        tokens: Math.floor(next() * 5000),
        tags: ["a", "b"].slice(n % 2),
      },
    };
  }
}
