/**
 * Weighs a paragraph that leads into (or follows) code: does it say that the code is wrong?
 * The weights are log-odds, set by hand on documents of a few projects and checked on others; see bench/detection.ts.
 */
interface Cue {
  readonly weight: number;
  /** Over lower-case text. */
  readonly pattern: RegExp;
}

// Only so much of a paragraph is read: its verdict stands at the start or the end.
const longestProse = 1600;

const turn =
  /^(?:instead(?! of)|to (?:disallow|forbid|block|deny|stop|reject|disable|turn off|detect|find|see|run|install|fix|avoid|prevent|correct|resolve|solve|address|mitigate|remedy|protect|guard|improve)|the (?:fix(?:ed)?|correct(?:ed)?|right|proper|solution|recommended|preferred|better|best|safe|secure|improved|revised|updated|second|following (?:correct|fixed|revised|safe|better|secure|improved))|a (?:better|safer|good|correct|simpler|cleaner|more|possible|proper|secure|solution|fix)|(?:this|the problem|it|these|the issue|the error|that|they|both|you|we|one) (?:\w+ )?(?:can|should|could|may|must|is|are) (?:easily |instead |simply |best |also |then |either |now )*(?:be )?(?:fixed|avoided|corrected|prevented|resolved|solved|addressed|rewritten|replaced|written|improved|mitigated|rewrite|use|remedied|refactored|simplified)|use |prefer |in the (?:following|revised|corrected|fixed|second|next|improved|modified|rewritten)? ?(?:revised|corrected|fixed|correct|modified|improved|rewritten|safe)|better|alternatively|one (?:way|solution|option)|now |correct|good|fix|recommended|replace|rewrite|here is (?:the|a) (?:correct|fixed|better|safe))/u;

const cues: readonly Cue[] = [
  {
    // The code itself is called wrong.
    weight: 3,
    pattern:
      /\b(?:is|are|was|be|considered|being|as|looks?|seems?)\s+(?:also |a |an |very |inherently |potentially |highly |therefore |clearly |always |too |generally |considered |simply |poorly )*(?:bad|wrong|incorrect|insecure|vulnerable|unsafe|dangerous|error[- ]prone|problematic|discouraged|harmful|invalid|flawed|buggy|broken|poor|poorly written|anti-?pattern|bad practice|non-?compliant|not (?:recommended|safe|secure|good|correct|compliant|a good idea)|a (?:bug|mistake|bad idea|vulnerability|security (?:risk|issue|problem|hole)))\b/u,
  },
  {
    weight: 3,
    pattern:
      /\b(?:bad practice|poor practice|anti-?pattern|bad idea|bad example|counter-?example|do ?n[o']t do (?:this|that)|do not do (?:this|that)|never do (?:this|that)|(?:do not|don['’]t|never|avoid) (?:write|writing|use|using|do|doing) (?:code |things |something )?(?:like|as|such as)|what not to do|not (?:like )?this:|instead of (?:this|writing|doing|using|the following)?[^.]{0,60}:\s*$|rather than (?:this|writing|doing)?[^.]{0,60}:\s*$)/u,
  },
  {
    // It forbids the form that is shown.
    weight: 4,
    pattern:
      /\b(?:do not|do ?n['’]t|never|avoid|refrain from|stop)\b[^.;:]{0,80}\b(?:like (?:this|that|so|these)|this way|in this (?:way|manner|fashion)|(?:as|such as) (?:follows|shown|below|in the following)|the following (?:way|code|pattern|form|approach)s?)\b/u,
  },
  {
    // It forbids something, and then shows.
    weight: 3,
    pattern:
      /(?:^|[.!?] )(?:(?:please|you should|one should|we) )?(?:do not|do ?n['’]t|never|avoid|must not|should not|should ?n['’]t)\b(?! (?:forget|worry|hesitate|need|have to|want|know|care|be afraid|let))[^.;]{0,140}:\s*$/u,
  },
  {
    // It disowns what it shows.
    weight: 3,
    pattern:
      /\b(?:(?:do not|do ?n['’]t|never|should(?: not|n['’]t)|must(?: not|n['’]t)) (?:ever )?(?:copy|deploy|ship|imitate|repeat|paste|run (?:this|it|code|any)|use (?:this|it|any of (?:this|it)|that)|do (?:it|this|that))\b|never recommend|(?:nobody|no one) should|cautionary (?:example|tale)|how not to|(?:for|as an?) (?:illustration|teaching|educational|demonstration|training)(?: purposes?)?(?: only)?\b|(?:harmful|dangerous|malicious) and (?:is )?(?:shown|given)|(?:intentionally|deliberately|purposely) (?:vulnerable|insecure|unsafe|bad|wrong|incorrect|broken)|must no longer|no longer (?:be )?(?:written|allowed|accepted|done))/u,
  },
  {
    // It shows what people are drawn to.
    weight: 2.6,
    pattern:
      /\b(?:(?:might|may|could|can|will|are|is|be) (?:\w+ )?(?:tempted|tempting)|resist the (?:urge|temptation)|(?:it is|it['’]s) (?:all too )?(?:easy|common|tempting) to (?:forget|miss|overlook|write|make|assume)|at first (?:glance|sight)|(?:looks?|seems?|appears?) (?:to be )?(?:right|correct|fine|ok|harmless|innocent|innocuous|reasonable|safe)|(?:common|frequent|typical|classic|popular|widespread|beginners?['’]?s?) (?:\w+ )?(?:mistake|error|pitfall|misuse|anti-?pattern|bug|trap|misconception)|(?:naive|naïve|obvious|first|straightforward|simplistic) (?:\w+ )?(?:solution|way|approach|attempt|implementation|version|idea) (?:(?:does ?n[o'’]t|fails?|would|might|may|is)\b)|(?:many|some|most|new) (?:people|developers|programmers|projects|teams|users|beginners|newcomers) (?:start|write|use|do|try|make|forget|build|reach|assume)|textbook (?:case|example) of|(?:has|contains|hides|there (?:is|are)) an? (?:\w+ )?(?:bug|flaw|hole|leak|race|vulnerability|mistake|error|problem|issue|defect)\b|get(?:s|ting)? (?:this|it|that|\w+) wrong)/u,
  },
  {
    // The code shown is the subject, and what it does is a fault.
    weight: 2.2,
    pattern:
      /\b(?:this|the|these|following|that) (?:following |next |above )?(?:\w+ )?(?:code|example|program|snippet|listing|function|method|query|rule|loop|test|class|script|version|configuration|policy|template|handler|below|above|patterns?)\b(?: (?:below|above|is|are|will be|would be))* (?:violates?|crash(?:es)?|fails?|breaks?|leaks?|panics?|deadlocks?|hangs?|flagged|rejected|reported|detected|disallowed|does not (?:compile|work|check|close|escape|validate|handle)|lets? (?:any|every)(?:body|one|thing)?|grants?|exposes?|hides?|swallows?|ignores?|loses?|overwrites?|corrupts?|(?:is|are) (?:flagged|rejected|reported|not (?:caught|checked)))\b/u,
  },
  {
    // Who or what may do harm, in plain words.
    weight: 1.8,
    pattern:
      /\b(?:(?:anybody|anyone|everybody|everyone|any (?:user|process|client|caller|program|website|page)|(?:an)?other users?|somebody else|someone else|third parties|whoever)\b[^.]{0,60}\b(?:can|could|may|might|will|to|in|who|finds?|sees?|reads?|gets?)\b|lets? (?:anybody|anyone|everybody|everyone|any)|(?:in|as) (?:plain|clear) ?text|hard-?coded?|hard coded?|(?:comes?|taken|passed|goes|built|is|are|read) (?:straight|directly|right) (?:from|into|to)|what the (?:browser|user|client|caller) sends|for ?ever\b|wraps? around|los(?:es?|ing) (?:data|updates|writes)|twice\b|leaves? [^.]{0,40}(?:open|exposed|unprotected|behind|locked)|(?:past|beyond|after) the end|(?:hides?|swallows?|masks?|silences?) (?:every|all|any|the|real)|silently|nobody notices|goes nowhere|unnoticed|(?:reveals?|exposes?|discloses?|gives? away|puts? [^.]{0,30} into every)|known before|predictable|guessable|can (?:\w+ )?be (?:guessed|replaced|read|changed|skipped|bypassed)|may be (?:replaced|changed|read)|while it is (?:walked|iterated|read|used)|can never be|is never|never (?:closed|freed|released|true|false|checked)|world[- ](?:readable|writable)|whole world|every(?:body|one) (?:in|can))\b/u,
  },
  {
    // A contrast that opens with the wrong side.
    weight: 3.2,
    pattern: /^(?:so )?(?:instead of|rather than)\b[^.]{0,120}[:,]?\s*$/u,
  },
  {
    // It ends in a prohibition.
    weight: 1.5,
    pattern:
      /(?:^|[.!?] )(?:(?:please|you should|one should|we) )?(?:do not|do ?n['’]t|never|avoid|must not|should not|should ?n['’]t)\b(?! (?:forget|worry|hesitate|need|have to|want|know|care|be afraid|let))[^.;:,]{0,140}\.\s*$/u,
  },
  {
    // Other languages: what follows or precedes is called wrong.
    weight: 4,
    pattern:
      /(?:漏洞|有问题|不安全|错误的|不要这样|不推荐|反例|不正确|存在.{0,8}(?:风险|问题)|脆弱性|危険|間違|正しくな|べきではありません|しないでください|避けてください|問題があり|уязвим|небезопасн|неправильн|ошибк[аиу]|нельзя|не делайте|не следует|плох(?:ой|ая|ое|ие)|\bist (?:\w+ )?(?:unsicher|falsch|fehlerhaft|anfällig|verwundbar|gefährlich)|\bso (?:bitte )?nicht\b|\bniemals\b|sicherheitslücke|\best (?:\w+ )?(?:vulnérable|incorrecte?|dangereu|erroné|à éviter)|ne (?:faites|jamais|pas (?:utiliser|faire|écrire))|\bes (?:\w+ )?(?:vulnerable|incorrect|insegur|peligros)|\bno (?:hagas|uses|utilice|escribas)|\bé (?:\w+ )?(?:vulnerável|incorret|insegur|perigos)|não (?:faça|use|escreva)|mala práctica|má prática|mauvaise pratique|schlechte praxis|악용|취약|잘못된)/u,
  },
  {
    // It calls what it shows by a bad name: "the following vulnerable call".
    weight: 2,
    pattern:
      /\b(?:following|this|these|next|such an?|here is an?|below is an?|as an?) (?:\w+ ){0,2}(?:vulnerable|insecure|unsafe|incorrect|bad|wrong|flawed|buggy|broken|problematic|faulty|dangerous|naive|naïve|malicious|invalid|non-?compliant|erroneous|problematic|weak|fragile) (?:\w+ )?(?:code|example|sample|snippet|call|query|function|method|class|program|implementation|version|configuration|config|usage|use|pattern|listing|script|template|file|rule|request|approach|way|command|statement|expression|line|block|test|loop)s?\b/u,
  },
  {
    // It warns off, or asks what is wrong.
    weight: 2.8,
    pattern:
      /\b(?:beware|watch out|under no circumstances|(?:stay|keep|steer) (?:away|clear)|think twice|prone to|susceptible to|why (?:is|are|does|would|will) (?:this|the following|it|that|these)\b[^.]{0,40}\b(?:problem|wrong|bad|dangerous|unsafe|insecure|vulnerable|fail|mistake|risky?))\b/u,
  },
  {
    // Somebody hostile who is able to.
    weight: 1.2,
    pattern:
      /\battackers?\b[^.]{0,40}\b(?:can|could|may|might|gets?|has|able)\b|\bmakes? it (?:possible|easy|trivial) for\b/u,
  },
  {
    // A tool objects to what follows.
    weight: 4,
    pattern:
      /\b(?:stops?|refuses?|catches|complains? (?:about|of)|warns? (?:about|of|against)|flags?|rejects?|reports?|forbids?|disallows?|prohibits?|bans?|detects?)\b[^.]{0,30}\b(?:the following|this|these|code (?:like|such as))\b[^.]{0,60}:?\s*$/u,
  },
  {
    // A named kind of damage.
    weight: 1.4,
    pattern:
      /\b(?:vulnerab\w+|attackers?|malicious\w*|untrusted|user[- ](?:controlled|supplied)|exploit\w*|injection|overflows?|out[- ]of[- ]bounds|deadlocks?|race condition|data race|memory leaks?|leak(?:s|ed|ing)?|crash(?:es)?|undefined behaviou?r|cross-site|sensitive information|denial of service|hijack\w*|spoof\w*|compromis\w*)\b/u,
  },
  {
    weight: 1.2,
    pattern:
      /\b(?:incorrectly|wrongly|mistaken(?:ly)?|accidentally|unintentional\w*|unexpected\w*|erroneous\w*|spurious|typo|mistakes?|bugs?|faulty|problems?|confusing|misleading|surprising\w*|hard(?:er)? to (?:read|understand|maintain|follow|debug)|error[- ]prone|inefficient\w*|wasteful|fragile|brittle|poorly|violat\w+|forgot|forgets?|fails? to|failed to|will fail|fails|broken|ineffective|useless|pointless|redundant\w*|superfluous|unnecessar\w+|unreachable|dead code)\b/u,
  },
  {
    weight: 1.1,
    pattern:
      /\b(?:never (?:be )?(?:executed|called|used|read|reached|taken|terminates?|reach\w*|checked|closed|released|freed)|always (?:true|false|evaluates?|overwritten|returns?)|without (?:check\w*|validat\w*|sanitiz\w*|escap\w*|encod\w*|clos\w*|handl\w*|any)|(?:is|are|was|were|does|do|did|has|will|may|might|can)(?: ?n[o'’]t| not|n['’]t) (?:be |been )?(?:\w+ed|check|close|have|contain|work|compile|match|handle|necessarily|terminate|call|validate|verify|escape|guarantee)|not (?:necessarily|properly|correctly)|is (?:ignored|lost|overwritten|discarded|swallowed|never|unused|not)|will (?:throw|raise|crash|panic|cause|result|return false|leak|block|hang)|may (?:cause|lead|result|throw|fail|overflow|never)|could (?:cause|lead|result|allow)|leads? to|results? in|causes?|allow(?:s|ing) (?:an |the |a )?(?:attackers?|malicious|users? to))\b/u,
  },
  {
    // It shows something at all.
    weight: 1,
    pattern:
      /\b(?:(?:following|this|next|above|below|first) (?:\w+ )?(?:examples?|code|snippets?|programs?|functions?|classes|class|methods?|query|fragment|configuration|listing|loop|script)|examples? (?:below|above|shows?|that)|code (?:below|above|snippet|that)|(?:in|for) (?:this|the|an?|the following|the first) example|for (?:example|instance)|consider(?: this| the)?|suppose|e\.g\.|imagine|assume|let['’]s say)\b/u,
  },
  {
    // It forbids what it shows, in the passive.
    weight: 2,
    pattern:
      /\b(?:must|may|shall|can) (?:not|never) be (?:done|followed|kept|stored|written|used|built|repeated|trusted|believed|merged|shipped|sent)\b/u,
  },
  {
    // Things like these are turned down.
    weight: 3,
    pattern:
      /\b(?:like (?:this|these|the ones? (?:above|below|here))|of this (?:kind|sort)|(?:this|these|such) (?:code|names?|messages?|queries|files?|pages?|patterns?)) [^.]{0,80}\b(?:(?:are|is|was|were|gets?|will be) (?:rejected|refused|sent back|turned down|not accepted|reverted|blocked)|(?:helps?|tells?) (?:\w+ )?(?:nobody|nothing)|refuses?|rejects?)\b/u,
  },
  {
    // Advice that is not to be taken.
    weight: 2.6,
    pattern:
      /\b(?:(?:wrong|bad|dangerous|harmful|false|outdated|poor) (?:advice|tips?|answers?|instructions?|rules?)|(?:myth|misconception|old wives['’] tale)\b|none of (?:this|it|these) is (?:right|true|correct|safe)|(?:do not|don['’]t|never) (?:act on|believe|try (?:this|it|any)|recommend (?:any|it|this|that))|as a warning\b|(?:still )?does harm)/u,
  },
  { weight: 0.5, pattern: /:\s*$/u },
  // It turns to what is right.
  { weight: -3.2, pattern: turn },
  // What a program prints or does on a condition is told, not warned of.
  {
    weight: -2.5,
    pattern: /\b(?:prints?|writes?|outputs?|returns?|responds?|answers?|logs?) [^.]{0,40}like this\b/u,
  },
  { weight: -1.2, pattern: /\bshows? how (?:to|the|a)\b|\bhow to\b(?! not)/u },
  {
    weight: -4,
    pattern:
      /\b(?:(?:would|will|does|do|should)(?: not|n['’]t) (?:be )?(?:generate|produce|trigger|raise|report(?:ed)?|flag(?:ged)?|emit|warn|complain|match|reject(?:ed)?)|(?:is|are|was) (?:not|n['’]t|no longer) (?:\w+ )?(?:vulnerable|wrong|affected|a problem|an issue|insecure|unsafe|flagged|reported|a bug)|this works|works (?:as expected|fine|well)|(?:upgrade|update) to|please (?:upgrade|update)|has been (?:fixed|resolved|patched)|(?:is|are) (?:solved|fixed|resolved|prevented|avoided) (?:like this|by|with|as follows)|avoids? (?:an?|the|all) )/u,
  },
  {
    weight: -3,
    pattern:
      /(?:正确|应该|推荐|建议|安全な|正しい|次のように(?:し|直)|правильн(?:о|ый) |следует (?:писать|использовать)|stattdessen|à la place|en su lugar|em vez disso|um .{2,60} zu (?:vermeiden|verhindern)|pour éviter|para evitar|чтобы избежать|避免.{0,12}[，,])/u,
  },
  {
    weight: -1.8,
    pattern:
      /\b(?:instead(?! of)|correct(?:ed|ly)? (?:version|code|example|way|usage|implementation|by|using)|fix(?:ed|es|ing)? (?:version|code|this|the|it|by)|the fix|(?:should|can|could|must) be (?:fixed|corrected|rewritten|replaced|modified|written|avoided|sanitized|validated|checked|used)|is (?:now|safe|secure|correct|fixed|correctly|properly|preferable|better|recommended|preferred)|better (?:way|approach|solution|alternative|to)|recommended|preferred|best practice|good practice|safer|more secure|avoids? (?:the|this|these)|to (?:avoid|prevent|fix|ensure|guard|mitigate) (?:this|the|that|these|such)|resolves?|solution|rewritten|refactor\w*|sanitiz(?:es|ed|ing) |no longer|ensur(?:es|ing) that|we recommend|you should(?! (?:not|never)\b|n))\b/u,
  },
];

const bias = -2.2;

/** Log-odds that the code next to this paragraph is a demonstration of something wrong. */
export function weighProse(raw: string): number {
  return cuesIn(raw).reduce((sum, index) => sum + (cues[index]?.weight ?? 0), bias);
}

/** Which cues a paragraph gives, by their place in the list. */
export function cuesIn(raw: string): number[] {
  const text = plain(raw);
  return cues.flatMap(({ pattern }, index) => (pattern.test(text) ? [index] : []));
}

const looksBack =
  /^(?:as written|as (?:it|this) (?:is|stands)|(?:this|these|the) (?:code|example|snippet|function|method|class|query|program|implementation|version|test|check|loop|call|approach|above|previous)?\b[^.]{0,60}\b(?:is|are|does not|doesn't|will|may|can|could|might|has|fails?|contains?|leads?|causes?|allows?)\b|the (?:problem|issue|trouble|bug|error|mistake|flaw|vulnerability))/u;

const namesTrouble =
  /^(?:(?:the|its|our|one|a) (?:\w+ )?(?:problem|issue|trouble|catch|flaw|bug|mistake|danger|risk|drawback|vulnerability) (?:here |with (?:this|that|it) |in (?:this|the) \w+ )?(?:is|lies|arises)\b|what(?:['’]s| is) wrong|(?:can|do|did) you (?:see|spot|notice))/u;

/**
 * Log-odds that the paragraph after code adds: it turns to what is right (so the code before was not), or it looks back
 * and names the damage.
 */
export function weighAfterthought(raw: string): number {
  const text = plain(raw);
  if (namesTrouble.test(text)) return 2.8;
  if (turn.test(text)) return 1.5;
  return looksBack.test(text) && weighProse(text) > -0.5 ? 1.5 : 0;
}

const outright =
  /\b(?:how (?:you should )?not to\b|(?:do not|don['’]t|never|avoid)\b[^.;:]{0,60}\blike (?:this|that|so)\b|(?:an? )?example of (?:an? )?(?:\w+ ){0,3}(?:bug|vulnerability|mistake|flaw|injection|anti-?pattern)\b|should not (?:do|write|be done|be written) (?:it|this|that|like)|never do the following|(?:only )?(?:for|as an?) (?:illustration|teaching|educational|demonstration)(?: purposes)? only|(?:this|these|that|here|it|which|following|code (?:below|above))\b[^.;]{0,40}\b(?:is|are|makes?|leaves?)\b[^.;]{0,25}\b(?:vulnerable|insecure|unsafe|wrong|incorrect|bad practice|an? (?:bad|security|vulnerab|anti-?pattern|mistake)\w*|not recommended|not safe)\b|(?:do not|don['’]t|never) do (?:this|that)|bad practice|anti-?pattern|(?:is|are) (?:the|a) (?:classic|common|typical|usual|textbook) (?:error|mistake|bug|trap|blunder)|(?:intentionally|deliberately) (?:vulnerable|insecure|unsafe|bad|wrong|incorrect|broken)|vulnerable to \w+)/u;

/** Tells the reader to keep off what is shown, rather than the program what not to do with its data. */
const keepsOff =
  /\b(?:(?:do not|don['’]t|never)(?: ever)? (?:copy|ship|merge|imitate|paste|publish|deploy|use|run|write|reuse|follow|repeat) (?:(?:this|that|it|them|these|any of (?:this|it))(?: (?:code|example|handler|function|method|query|loop|page|script|command|line|pattern|snippet|configuration))?(?=\s*[.,;:!)]|\s*$| into\b| anywhere\b)|(?:\w+ )?into (?:your|new|production|the \w+er)\b)|(?:do not|don['’]t|never) (?:call|use) (?:it|this) in (?:new|production|real) code|(?:must|may|shall) (?:not|never) be (?:merged|shipped|imitated|followed|done (?:here|again|like)|copied into)\b|(?:not|never) to be (?:repeated|imitated|copied|merged|shipped|followed)\b|for the (?:exercise|lesson|comparison|demonstration|\w+ test) only\b|for comparison (?:\w+ ){0,4}only\b|(?:kept|here|shown|left in) (?:only )?(?:as a warning|to show (?:what|how) not)|\blike the ones? (?:above|below)\b)/u;

/** Whether a comment says outright, of what it stands with, that it is wrong. Conditions and questions do not count. */
export function callsWrong(raw: string): boolean {
  const text = clip(raw).toLowerCase();
  return (
    (outright.test(text) || keepsOff.test(text)) &&
    !/\b(?:if|unless|whether|when|otherwise|should|would|could|might|prevents?|avoids?|protects?|not vulnerable)\b|\?/u.test(
      text,
    )
  );
}

/** Whether a paragraph after code says that what follows is to be written instead of it. */
export function supersedes(raw: string): boolean {
  const text = clip(raw)
    .replace(/[*_`#]/gu, '')
    .trim();
  return /^(?:(?:use|write|prefer|do|try)(?: (?:an?|the|this|it))?(?: [\w-]+){0,4}(?: instead)?\s*[:：]|(?:use|write|prefer|do)\s*$|use instead|instead,? (?:use|do|write|prefer|try)|should be (?:written|replaced|rewritten)|(?:this )?(?:could|can|should|must) be (?:written|rewritten|replaced|simplified)|write (?:this|it)? ?instead|prefer(?:red)?(?: this)?|better|use this instead|do this instead|(?:[\w ,'’-]{3,80}) instead\s*[:：]|the fix:?|fixed(?: version| code)?|corrected(?: version| code)?|instead(?! of))[\s\S]{0,120}[:：]?\s*$/iu.test(
    text.slice(0, 200),
  );
}

/** In lower case, since a pattern that ignores case takes three times as long. */
function plain(raw: string): string {
  return clip(raw).replace(/[*_`]/gu, '').replace(/\s+/gu, ' ').trim().toLowerCase();
}

function clip(raw: string): string {
  return raw.length <= longestProse
    ? raw
    : `${raw.slice(0, longestProse / 2)} ${raw.slice(-longestProse / 2)}`;
}

export function logistic(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}
