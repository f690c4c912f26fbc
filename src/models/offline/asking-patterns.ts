/*
 * What people say around what they want, by language. What is left when it is cut off is of a kind: an act ("cancel my subscription"),
 * a thing ("a gift for my dad"), a state of affairs ("my laptop is slow"), an experience that has lost who had it ("lost my phone"), or a
 * question that makes no sense without its beginning.
 */

export type AskKind = "act" | "thing" | "state" | "experience" | "question";

export interface AskPatterns {
  /** Beginnings, and the kind of what follows; without one they say nothing of it. Tried in order, until none fits. */
  readonly beginnings: readonly (readonly [AskKind | undefined, RegExp])[];
  /** For languages that put the asking last. */
  readonly ending?: RegExp;
}

/** At the beginning of a clause, up to the end of a word, with the punctuation behind it. */
function at(...alternatives: string[]): RegExp {
  return new RegExp(`^(?:${alternatives.join("|")})(?![\\p{L}\\p{N}'’-])[\\s,:;.!…-]*`, "iu");
}

const QUALITY =
  "(?: (?:a|an|the|some|any|more|detailed|specific|comprehensive|further|clear|step-by-step|practical|general|brief|key|useful|good|simple|basic|best|easiest|fastest|quickest|right|correct|proper|recommended|most \\w+))*";
const HELP =
  "(?:information|info|guidance|instructions?|details|directions|examples?|overview|explanations?|assistance|help|advice|insights?|tips|ideas|suggestions|recommendations?|steps|clarification|support|best practices|strategies|resources|code|code snippets?|guides?|tutorials?|pseudocode|documentation)";
const ABOUT = "(?:on|about|for|regarding|of|to|with|in|concerning|related to|around)";
/** "I", "we'd", "I have been", "I am currently". */
const I =
  "(?:i|we)(?:'d|'m|'ve|'re|'ll|’d|’m|’ve| would| will| can| am| are| was| were| have| had| been| really| just| also| currently| still| always| only)*";

const english: AskPatterns = {
  beginnings: [
    [
      undefined,
      at(
        "(?:hi|hello|hey|hiya|greetings)(?: (?:there|all|team|everyone|guys))?",
        "good (?:morning|afternoon|evening|day)",
        "thanks(?: a lot)?",
        "thank you",
        "ok(?:ay)?",
        "so",
        "and",
        "but",
        "also",
        "well",
        "yes",
        "no",
        "sorry",
        "excuse me",
        "(?:quick |one |another )?question",
        "urgent",
        "then",
        "now",
        "or",
        "because",
        "btw",
        "anyway",
      ),
    ],
    [
      undefined,
      at("please", "pls", "plz", "kindly", "actually", "basically", "simply", "maybe", "briefly", "quickly", "just"),
    ],
    [
      undefined,
      at(
        "do you know",
        "any idea",
        "(?:can|could) you tell me",
        `${I} like to know`,
        `${I} (?:want|wanted|need) to know`,
        `${I} (?:wondering|wonder|curious|not sure|unsure|confused)`,
        "let me know",
        "wondering",
        "not sure",
        "i (?:don't|do not|can't|cannot|couldn't) (?:know|understand|get|see|remember|figure out|find out)",
      ),
    ],
    [undefined, at("if", "whether", "about")],
    [
      "act",
      at(
        `what(?:'s| is| are| would be|'re)${QUALITY} (?:ways?|approach(?:es)?|methods?|steps|practices?|procedure|process|technique) (?:to|for|of|in)`,
      ),
    ],
    [
      "act",
      at(
        "(?:how|where)(?: else)?(?: (?:do|can|could|should|would|might|shall|will|does|did|must))? (?:i|we|you|u|one|someone|people|they)(?: (?:actually|best|properly|possibly|even|go about|also|then|want to|need to|have to|be able to|able to))?",
      ),
    ],
    ["act", at("how (?:best )?to", "how about", "where to", "how (?:can|do|could|should)")],
    ["act", at("(?:when|how (?:often|soon|early|quickly)) (?:do|can|could|should|would|must) (?:i|we|you|one)")],
    [
      "act",
      at(
        "(?:tell|show|teach|advise|guide|walk|explain|explaining|demonstrate|describe|learn|learning|understand|understanding|know|outline|illustrate)(?: (?:to )?(?:me|us|him|her|them))?(?: (?:through|on|about|in))? how (?:to|i can|i could|do i|can i|we can|you can)",
      ),
    ],
    [
      "act",
      at(
        "(?:is|are|was) (?:it|there)(?: (?:also|even|really))? (?:possible|ok|okay|fine|safe|legal|allowed|any way|a way|some way|any chance|an option|an easy way|a good way)(?: for (?:me|us))?(?: to| of)?",
      ),
    ],
    [
      "act",
      at(
        "(?:can|could|would|will|may) (?:you|u|someone|anyone|somebody)(?: (?:please|pls|kindly|maybe|also|possibly|just|then|all))*",
        "would you mind",
      ),
    ],
    ["act", at("(?:help|assist)(?: (?:me|us|the user|users?|them))?(?: (?:to|with|in|by|out with|please))?")],
    ["act", at("(?:can|could|may|should|must|shall|might) (?:i|we)(?: (?:still|also|just|even|please))?")],
    [
      "act",
      at(
        `${I} (?:like|love|want|wanted|need|needed|wish|hope|hoping|trying|tried|try|planning|plan|going|wanting|struggling|have|attempting|about|supposed|interested|thinking|unable|failing|not able)(?: (?:help|assistance|some help|your help|someone|you|advice))? (?:to|in|of|about|with)`,
      ),
    ],
    [
      "act",
      at("(?:trying|try|want|wanting|need|needing|like|looking|hoping|wish|going|planning|would like|unable|have) to"),
    ],
    [
      "act",
      at(
        "(?:the )?users?(?:'s?|’s?)?(?: \\w+)? (?:requests?|goals?|aims?|questions?|tasks?|needs?) (?:for the assistant )?(?:is|was|are|were) (?:to|about|for)",
        "the (?:task|goal|aim|objective|question) (?:is|was) (?:to|about|for)",
      ),
    ],
    [
      "act",
      at(
        "(?:the )?(?:users?|conversation)(?: (?:is|are|was|were|has|have|had|been))* (?:wants?|wanted|needs?|needed|asks?|asked|asking|seeks?|seeking|sought|requests?|requested|requesting|inquir\\w+|looks?|looking|interested|wishes|trying|tries|tried|struggl\\w+|discuss\\w*|provid\\w+|explain\\w*|detail\\w*|focus\\w*)(?: (?:the assistant|help|for|in|to|about|on|with|into))*",
      ),
    ],
    [
      "act",
      at(
        `(?:provid\\w+|offer|give|giving|get|getting|share|obtain|find)(?: (?:me|us))?${QUALITY} ${HELP}(?: and(?: \\w+)? ${HELP})? ${ABOUT}(?: (?:how to|the process of|ways to))?`,
      ),
    ],
    [
      "act",
      at(
        `${HELP}(?: and(?: \\w+)? ${HELP})? (?:on|about|regarding|with|concerning|to|on how to)(?: (?:how to|the process of|ways to))?`,
      ),
    ],
    [
      "thing",
      at(
        `${I}(?: keep| kept)? (?:like|want|wanted|need|needed|looking for|searching for|having|getting|get|got|seeing|see|have|had|bought|ordered|receive|received|interested in|working on|need help with|after)`,
      ),
    ],
    ["thing", at("looking for", "need", "want", "searching for", "in need of", "any", "got", "having")],
    [
      "thing",
      at(
        "(?:give|show|tell|send|recommend|suggest|offer|provide|list|name|share|find|get|bring)(?: (?:me|us|to me))(?: (?:about|some|a few|a list of|with|more about))*",
      ),
    ],
    [
      "thing",
      at(
        "(?:explain|describe|define|discuss|clarify|elaborate on|talk about|explaining|learn about|learning about|understand|understanding|inquire about|provide)(?: (?:to me|me|us))?(?: (?:the concept of|the process of|the importance of|what is|what are|what))?",
      ),
    ],
    [
      "thing",
      at(
        "(?:why|how come) (?:do|does|did|would|can't|can|could|don't|doesn't) (?:i|we|you)(?: (?:keep|always|still))?(?: (?:get|getting|see|seeing|have|need))?",
      ),
    ],
    [
      "thing",
      at(
        "(?:what|who)(?:'s|’s|'re| is| are| was| were)(?: exactly)?",
        "what (?:kind|sort|type)s? of",
        "what about",
        "(?:here|there|that)(?:'s|’s| is| are)(?: (?:only|just|also))?",
        "(?:this is|it's|it’s)(?: (?:only|just|also|all))?",
      ),
    ],
    ["state", at("(?:why|how come)(?: (?:is|are|was|were|does|do|did|won't|can't|doesn't|isn't|don't|has|have|am))?")],
    [
      "experience",
      at(
        `${I.replace("(?:i|we|", "(?:it says|i|we)")}(?: (?:recently|already|usually|accidentally|think|believe|guess))?`,
      ),
    ],
  ],
};

const spanish: AskPatterns = {
  beginnings: [
    [undefined, at("hola", "buenas(?: tardes| noches)?", "buenos días", "por favor", "gracias", "y", "pero")],
    [
      "act",
      at(
        "(?:me )?(?:puedes|podrías|puede|podría|pueden|podrían)(?: (?:por favor|ayudarme(?: (?:a|con))?|decirme|explicarme|darme|ayudar(?: a)?))*(?: cómo)?",
      ),
    ],
    [
      "act",
      at("(?:c[oó]mo|d[oó]nde|cu[aá]ndo)(?: (?:puedo|podría|se puede|debo|hago para|podemos|hay que|hacer para))?"),
    ],
    [
      "act",
      at(
        "(?:yo )?(?:quiero|quisiera|me gustaría|necesito|deseo|estoy intentando|intento|tengo que|voy a|ay[uú]dame|ayuda|no puedo)(?: (?:ayuda|saber))?(?: (?:a|para|con|cómo))?",
      ),
    ],
    [
      "thing",
      at(
        "(?:dame|dime|recomiéndame|muéstrame|busco|explícame|cu[aá]l(?:es)? (?:es|son)|qué (?:es|son|significa)|tengo)",
      ),
    ],
  ],
};

const portuguese: AskPatterns = {
  beginnings: [
    [undefined, at("olá", "oi", "bo[am] (?:dia|tarde|noite)", "por favor", "obrigad[oa]", "e", "mas")],
    [
      "act",
      at(
        "(?:você |vocês )?(?:pode|poderia|podem|consegue)(?: (?:me ajudar(?: (?:a|com))?|por favor|me dizer|me explicar|me dar))*(?: como)?",
      ),
    ],
    ["act", at("(?:como|onde|quando)(?: (?:posso|eu posso|eu faço para|faço para|devo|eu|podemos))?")],
    [
      "act",
      at(
        "(?:eu )?(?:quero|queria|gostaria de|preciso(?: de)?|estou tentando|tenho que|vou|ajude-me|me ajud[ae]|não consigo)(?: (?:ajuda|saber))?(?: (?:a|para|com|como))?",
      ),
    ],
    [
      "thing",
      at(
        "me (?:dê|dá|diga|mostre|recomende|explique)",
        "qual é",
        "quais são",
        "o que (?:é|são|significa)",
        "estou com",
        "tenho",
      ),
    ],
  ],
};

const italian: AskPatterns = {
  beginnings: [
    [undefined, at("ciao", "salve", "buongiorno", "buonasera", "per favore", "grazie", "e", "ma")],
    [
      "act",
      at(
        "(?:mi )?(?:puoi|può|potresti|potrebbe|potete)(?: (?:aiutarmi(?: (?:a|con))?|per favore|dirmi|spiegarmi|darmi))*(?: come)?",
      ),
    ],
    ["act", at("(?:come|dove|quando)(?: (?:posso|si può|devo|faccio (?:a|per)|si fa a|potrei))?")],
    [
      "act",
      at(
        "(?:io )?(?:voglio|vorrei|devo|ho bisogno di|sto cercando di|aiutami|mi serve|non riesco a)(?: (?:aiuto|sapere))?(?: (?:a|per|con|come))?",
      ),
    ],
    ["thing", at("dammi", "dimmi", "consigliami", "spiegami", "cerco", "qual è", "quali sono", "cos'è", "che cos'è")],
  ],
};

const french: AskPatterns = {
  beginnings: [
    [undefined, at("bonjour", "salut", "bonsoir", "s['’]il (?:te|vous) pla[iî]t", "merci", "et", "mais")],
    [
      "act",
      at(
        "(?:pouvez-vous|peux-tu|pourriez-vous|pourrais-tu|tu peux|vous pouvez|puis-je|est-ce que (?:tu peux|vous pouvez|je peux))(?: (?:m['’]aider (?:à|avec)|me dire|m['’]expliquer|me donner|s['’]il (?:te|vous) plaît))*(?: comment)?",
      ),
    ],
    [
      "act",
      at(
        "(?:est-ce que )?(?:comment|où|quand)(?: (?:est-ce que je peux|puis-je|pourrais-je|je peux|peut-on|dois-je|faire pour|on peut))?",
      ),
    ],
    [
      "act",
      at(
        "(?:je (?:veux|voudrais|souhaite|dois|souhaiterais|cherche à|n['’]arrive pas à)|j['’](?:ai besoin d['’]aide (?:pour|avec)|ai besoin de|aimerais|essaie de)|aide[sz]?-moi(?: à)?)(?: savoir(?: comment)?)?",
      ),
    ],
    [
      "thing",
      at(
        "donne[sz]?-moi",
        "dis-moi",
        "dites-moi",
        "explique[sz]?-moi",
        "recommande[sz]?-moi",
        "je cherche",
        "j['’]ai",
        "quel(?:le)?s? (?:est|sont)",
        "qu['’]est-ce que(?: c['’]est que)?",
        "c['’]est quoi",
      ),
    ],
  ],
};

const german: AskPatterns = {
  beginnings: [
    [undefined, at("hallo", "hi", "guten (?:tag|morgen|abend)", "bitte", "danke", "und", "aber")],
    [
      "act",
      at("(?:wie|wo|wann)(?: (?:kann|könnte|muss|soll|sollte|mache|bekomme|darf)(?: (?:ich|man|wir))?| (?:ich|man))?"),
    ],
    [
      "act",
      at(
        "(?:kannst du|können sie|könnten sie|könntest du|kann ich|darf ich|kann man|würden sie)(?: (?:mir|uns))?(?: (?:bitte|helfen|dabei helfen|sagen|erklären|zeigen))*,?(?: wie (?:ich|man))?",
      ),
    ],
    [
      "act",
      at(
        "(?:ich (?:möchte|will|muss|würde gern(?:e)?|brauche|versuche|hätte gern(?:e)?|suche|habe|bin|kann)|hilf mir|helfen sie mir)(?: (?:hilfe|wissen,?))?(?: (?:bei|mit|beim))?",
      ),
    ],
    [
      "thing",
      at(
        "gib mir",
        "geben sie mir",
        "erkläre?(?: mir)?",
        "erklären sie(?: mir)?",
        "zeig mir",
        "was (?:ist|sind|bedeutet)",
        "welche[rsn]?(?: (?:ist|sind))?",
        "empfiehl mir",
      ),
    ],
  ],
};

const dutch: AskPatterns = {
  beginnings: [
    [
      undefined,
      at("hallo", "hoi", "goede(?:morgen|middag|navond)", "alsjeblieft", "alstublieft", "bedankt", "en", "maar"),
    ],
    [
      "act",
      at(
        "(?:hoe|waar|wanneer)(?: (?:kan ik|moet ik|kun je|kan je))?",
        "(?:kun je|kunt u|kan je|kan ik)(?: (?:mij|me|alstublieft|helpen(?: met)?))*",
        "ik (?:wil|moet|zou graag|heb hulp nodig (?:met|bij)|probeer)",
      ),
    ],
    ["thing", at("geef me", "wat (?:is|zijn)", "welke", "ik (?:heb|zoek)")],
  ],
};

const russian: AskPatterns = {
  beginnings: [
    [undefined, at("здравствуйте", "привет", "добрый день", "пожалуйста", "спасибо", "и", "но", "а")],
    [
      "act",
      at(
        "(?:как|где)(?: (?:мне|можно|я могу|лучше))*",
        "(?:можете|можешь|помогите|помоги|подскажите|подскажи)(?: (?:ли|вы|мне|пожалуйста|как|с))*",
        "(?:я )?(?:хочу|хотел бы|хотела бы|пытаюсь|не могу)",
        "мне (?:нужно|надо|нужна помощь с)",
      ),
    ],
    ["thing", at("что такое", "расскажите о", "объясните", "дайте", "какой", "какие", "какая", "у меня")],
  ],
};

const japanese: AskPatterns = {
  beginnings: [[undefined, /^(?:こんにちは|すみません|はじめまして|あの|ええと|どうやって|[、。\s])+/u]],
  ending:
    /(?:(?:を|は|が|について)?(?:教えて(?:ください|下さい|ほしい(?:です)?|くれますか)?|知りたい(?:です)?|お願い(?:します|いたします)?|何ですか|(?:どう|どこ|いつ|なぜ)?ですか|でしょうか|ありますか|どうすればいいですか|どうしたらいいですか|できますか)|(?:書いて|直して|作って|説明して|提案して|翻訳して|考えて|添削して)(?:ください|下さい|ほしい(?:です)?|くれますか)|したい(?:です)?|ください|下さい|欲しい(?:です)?)$/u,
};

const chinese: AskPatterns = {
  beginnings: [
    [
      "act",
      /^(?:你好|您好|请问?|请你|帮我|帮忙|我想要?|我需要|我要|能不能|可以|能否|如何|怎么样?|怎样|什么是|为什么|给我|告诉我|[，,、\s])+/u,
    ],
  ],
  ending: /[吗呢吧]$/u,
};

const korean: AskPatterns = {
  beginnings: [[undefined, /^(?:안녕하세요|저기요|혹시|[,.\s])+/u]],
  ending:
    /(?:[을를은는이가]? ?(?:알려|가르쳐|도와|추천해|설명해|작성해|만들어|써|고쳐) ?(?:주세요|줘|주실 수 있나요)|[은는이가]? ?(?:무엇인가요|뭔가요|어떻게 (?:하나요|해야 하나요|하죠)))$/u,
};

export const ASK_PATTERNS: Readonly<Record<string, AskPatterns>> = {
  english,
  spanish,
  portuguese,
  italian,
  french,
  german,
  dutch,
  russian,
  japanese,
  chinese,
  korean,
};

/** Questions that make no sense without their beginning. */
export const QUESTION =
  /^(?:what (?:should|can|could|would|do|does|did|if|happens?|to)|how (?:much|many|old|big|long|far|good|bad|is|are|does|did|was|has)|when (?:is|are|does|do|will|did)|whose|which|is|are|does|do|did|has|have|will|would|where (?:is|are|does|did)|cu[aá]nt[oa]s?|qué puedo|quant[oi]|combien|wie (?:viel|viele|lange|oft)|hoeveel|сколько|por qu[eé]|pourquoi|perché|warum|wieso|weshalb|waarom|почему)(?![\p{L}'’])/iu;
