/** Function words and the phrases of asking, which say nothing of what is asked about. By language, for telling languages apart too. */
export const STOP_WORDS_BY_LANGUAGE: Readonly<Record<string, ReadonlySet<string>>> = Object.fromEntries(
  Object.entries({
    english: `a about above after again against all also am an and any are aren't as at be because been before being below between both but by can
      can't cannot could couldn't did didn't do does doesn't doing don't down during each either else even ever every few for from further get gets getting got
      had hadn't has hasn't have haven't having he her here hers him his how i i'd i'll i'm i've if in into is isn't it it's its itself just let like
      ll made make makes making many may me might more most much must my myself never no nor not now of off on once one ones only or other our ours out
      over own per put rather re really same shall she should shouldn't since so some still such than that that's the their theirs them then there there's these they
      they're this those through to too under until up upon us ve very via was wasn't we well were weren't what what's when where whether which while who whom whose why
      will with within without won't would wouldn't yes yet you you're your yours yourself
      please thanks thank hi hello hey ok okay sorry want wants wanted need needs needed help helps know think try tried trying tell give gives say says said ask
      asks asked asking go going use uses used using way ways thing things something anything someone anyone lot bit kind sort sure maybe actually quite
      user users assistant conversation seeks seek seeking inquires inquire inquiry request requests requested requesting looking provide provides provided providing specific
      overall task guidance information regarding related including various details detail explain explains explained explanation discuss discusses discussed understand understanding
      first second last next new good great best better right
      always along anyway enough everything nothing everyone everybody somebody nobody instead later ago today tonight soon often usually probably basically exactly completely totally definitely already
      perhaps almost longer mine two three four five six seven eight nine ten twice happen happens happened happening seem seems seemed come comes came coming take takes took taken keep keeps kept keeping
      pls plz ppl bc cuz idk lol omg god tbh imo ty thx u ur im ive dont cant wont doesnt didnt isnt btw em gonna wanna across among around behind beside besides beyond despite except inside near onto outside toward towards throughout unlike versus vs within gotta yeah nope hmm ugh far long little back away`,
    spanish: `a al algo algún alguna ante antes aquí así aunque bien cada como cómo con contra cual cuál cuando cuándo cuánto de del desde donde dónde dos el él ella
      ellos en entre era es esa ese eso esta está están este esto estos fue ha hace hacer hay he hola la las le les lo los más me mi mis mucho muy nada ni no nos o os otra otro para pero por
      porque puede puedo que qué quiero se ser si sí sin sobre solo son soy su sus también tan tengo ti tiene todo tu tus un una uno unos usted y ya yo
      gracias ayuda ayudar necesito quisiera favor puedes`,
    french: `à ai alors après as au aussi autre aux avant avec avez avoir bien bonjour ça car ce cela ces cet cette chez comme comment d dans de des deux dois donc du elle en encore
      est et être eu fait faire faut il ils j je jusqu l la le les leur lui ma mais me même merci mes moi mon n ne nos notre nous on ont ou où par pas peu peut peux plus pour pourquoi
      qu quand que quel quelle quels qui quoi s sa sans se ses si son sont sur ta te tes toi ton tous tout très tu un une va vers veux voici vos votre vous y été
      aide aider besoin besoins voudrais`,
    german: `aber alle als also am an auch auf aus bei bin bis bist bitte da damit dann das dass dein dem den der des dich die dies diese dieser dir doch du durch ein eine einem
      einen einer es etwas für geht habe haben hallo hat hier ich ihr ihre im in ist ja kann kannst kein keine können machen man mein meine meinem meinen meiner mich mir mit möchte muss nach nicht
      noch nur ob oder ohne schon sehr sein sich sie sind so über um und uns unter viel vom von vor war was wenn wer wie wieder will wir wird wo wurde zu zum zur
      unser unsere unseren unserer unserem euer eure seine seinen seiner seinem ihren ihrem ihrer jeder jede jedes mehr seit gegen ab bald gern gerne bereits wurde wurden worden kam danke hilfe helfen brauche`,
    portuguese: `a ao aos aqui as até bem bom com como da das de dela dele depois do dos e é ela ele eles em então entre era essa esse esta está estão este eu foi há isso isto já lhe mais
      mas me mesmo meu meus minha minhas muito na não nas nem no nos nós num numa o obrigada obrigado olá onde os ou para pela pelo por porque posso pra quais qual quando quanto que quem quero se
      sem ser seu seus só sobre sou sua também te tem tenho um uma você vocês
      ajuda ajudar preciso gostaria`,
    italian: `a ad ai al alla alle anche ancora avere c che chi ci ciao come con cosa così da dal dalla dei del della delle devo di dove e è ed era essere fa fare fra gli grazie ha hai ho i il in
      io la le lei li lo loro ma me mi mia mie mio molto nel nella no noi non o ogni per perché più poi posso prima può qual quale quando quanto questa questo qui se sei senza si sì solo sono su sua suo
      ti tra tu tutti tutto un una uno va vi voglio vorrei
      aiuto aiutare bisogno`,
    dutch: `aan als bij daar dan dat de den der deze die dit doe door dus een en er ga geen goed had hallo heb hebben heeft het hier hij hoe ik in is ja je kan kun maar me meer met mijn moet na naar
      niet nog nu of om omdat onder ons ook op over te tot u uit van veel voor waar wanneer want was wat we wel wij wil worden zijn zo
      bedankt graag`,
    polish: `a aby ale bardzo bez być chcę co czy dla do gdzie go i ich ile im ja jak jaki jako je jego jej jest jestem już kiedy która który lub ma mam mi mnie moja moje może mój można na nad nie nim
      o od oraz po pod przez przy są się ta tak także tam te tego tej ten to tu tylko tym w we więc z za ze że żeby
      cześć dziękuję proszę pomoc`,
    swedish: `att av de den det dig din du där efter eller en ett från för ha han har hej hur här i inte jag kan med men mig min mitt mycket måste nu när och om på se sig ska som så till under upp
      ut vad var vi vill är över tack snälla`,
    turkish: `ama bana ben bir bu çok da daha de değil diye en gibi için ile ise kadar ki mı mi mu mü nasıl ne neden nerede o ol olarak olan sen şey şu ve veya var ya yok teşekkürler merhaba lütfen`,
  }).map(([language, words]) => [language, new Set(words.split(/\s+/))]),
);

const ALL = new Set(Object.values(STOP_WORDS_BY_LANGUAGE).flatMap((words) => [...words]));
/** Words of other languages that are content words in English, and often so. */
for (const word of [
  "man",
  "war",
  "was",
  "will",
  "no",
  "on",
  "son",
  "sole",
  "van",
  "data",
  "sale",
  "pain",
  "chat",
  "main",
  "fa",
  "met",
  "bin",
  "of",
  "dove",
  "come",
]) {
  if (!STOP_WORDS_BY_LANGUAGE["english"]!.has(word)) ALL.delete(word);
}

/** Whether a lower-case word says nothing of a topic, in any of the languages. */
export function isStopWord(word: string): boolean {
  return ALL.has(word);
}
