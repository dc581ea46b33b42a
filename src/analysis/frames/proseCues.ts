/**
 * Weighs a paragraph that leads into (or follows) code: does it say that the code is wrong?
 * The weights are log-odds, set by hand on documents of a few projects and checked on others; see bench/detection.ts.
 */
interface Cue {
  readonly weight: number;
  readonly pattern: RegExp;
}

// Only so much of a paragraph is read: its verdict stands at the start or the end.
const longestProse = 1600;

const turn =
  /^(?:instead|to (?:fix|avoid|prevent|correct|resolve|solve|address|mitigate|remedy|protect|guard|improve)|the (?:fix(?:ed)?|correct(?:ed)?|right|proper|solution|recommended|preferred|better|best|safe|secure|improved|revised|updated|second|following (?:correct|fixed|revised|safe|better|secure|improved))|a (?:better|safer|good|correct|simpler|cleaner|more|possible|proper|secure|solution|fix)|(?:this|the problem|it|these|the issue|the error|that|they|both|you|we|one) (?:\w+ )?(?:can|should|could|may|must|is|are) (?:easily |instead |simply |best |also |then |either |now )*(?:be )?(?:fixed|avoided|corrected|prevented|resolved|solved|addressed|rewritten|replaced|written|improved|mitigated|rewrite|use|remedied|refactored|simplified)|use |prefer |in the (?:following|revised|corrected|fixed|second|next|improved|modified|rewritten)? ?(?:revised|corrected|fixed|correct|modified|improved|rewritten|safe)|better|alternatively|one (?:way|solution|option)|now |correct|good|fix|recommended|replace|rewrite|here is (?:the|a) (?:correct|fixed|better|safe))/iu;

const cues: readonly Cue[] = [
  {
    // The code itself is called wrong.
    weight: 3,
    pattern:
      /\b(?:is|are|was|be|considered|being|as|looks?|seems?)\s+(?:also |a |an |very |inherently |potentially |highly |therefore |clearly |always |too |generally |considered |simply |poorly )*(?:bad|wrong|incorrect|insecure|vulnerable|unsafe|dangerous|error[- ]prone|problematic|discouraged|harmful|invalid|flawed|buggy|broken|poor|poorly written|anti-?pattern|bad practice|non-?compliant|not (?:recommended|safe|secure|good|correct|compliant|a good idea)|a (?:bug|mistake|bad idea|vulnerability|security (?:risk|issue|problem|hole)))\b/iu,
  },
  {
    weight: 3,
    pattern:
      /\b(?:bad practice|poor practice|anti-?pattern|bad idea|bad example|counter-?example|do ?n[o']t do (?:this|that)|do not do (?:this|that)|never do (?:this|that)|(?:do not|don['’]t|never|avoid) (?:write|writing|use|using|do|doing) (?:code |things |something )?(?:like|as|such as)|what not to do|not (?:like )?this:|instead of (?:this|writing|doing|using|the following)?[^.]{0,60}:\s*$|rather than (?:this|writing|doing)?[^.]{0,60}:\s*$)/iu,
  },
  {
    // It forbids the form that is shown.
    weight: 4,
    pattern:
      /\b(?:do not|do ?n['’]t|never|avoid|refrain from|stop)\b[^.;:]{0,80}\b(?:like (?:this|that|so|these)|this way|in this (?:way|manner|fashion)|(?:as|such as) (?:follows|shown|below|in the following)|the following (?:way|code|pattern|form|approach)s?)\b/iu,
  },
  {
    // It forbids something, and then shows.
    weight: 2.2,
    pattern:
      /(?:^|[.!?] )(?:(?:please|you should|one should|we) )?(?:do not|do ?n['’]t|never|avoid|must not|should not|should ?n['’]t)\b(?! (?:forget|worry|hesitate|need|have to|want|know|care|be afraid|let))[^.;]{0,140}:\s*$/iu,
  },
  {
    // A named kind of damage.
    weight: 1.4,
    pattern:
      /\b(?:vulnerab\w+|attackers?|malicious\w*|untrusted|user[- ](?:controlled|supplied)|exploit\w*|injection|overflows?|out[- ]of[- ]bounds|deadlocks?|race condition|data race|memory leaks?|leak(?:s|ed|ing)?|crash(?:es)?|undefined behaviou?r|cross-site|sensitive information|denial of service|hijack\w*|spoof\w*|compromis\w*)\b/iu,
  },
  {
    weight: 1.2,
    pattern:
      /\b(?:incorrectly|wrongly|mistaken(?:ly)?|accidentally|unintentional\w*|unexpected\w*|erroneous\w*|spurious|typo|mistakes?|bugs?|faulty|problems?|confusing|misleading|surprising\w*|hard(?:er)? to (?:read|understand|maintain|follow|debug)|error[- ]prone|inefficient\w*|wasteful|fragile|brittle|poorly|violat\w+|forgot|forgets?|fails? to|failed to|will fail|fails|broken|ineffective|useless|pointless|redundant\w*|superfluous|unnecessar\w+|unreachable|dead code)\b/iu,
  },
  {
    weight: 1.1,
    pattern:
      /\b(?:never (?:be )?(?:executed|called|used|read|reached|taken|terminates?|reach\w*|checked|closed|released|freed)|always (?:true|false|evaluates?|overwritten|returns?)|without (?:check\w*|validat\w*|sanitiz\w*|escap\w*|encod\w*|clos\w*|handl\w*|any)|(?:is|are|was|were|does|do|did|has|will|may|might|can)(?: ?n[o'’]t| not|n['’]t) (?:be |been )?(?:\w+ed|check|close|have|contain|work|compile|match|handle|necessarily|terminate|call|validate|verify|escape|guarantee)|not (?:necessarily|properly|correctly)|is (?:ignored|lost|overwritten|discarded|swallowed|never|unused|not)|will (?:throw|raise|crash|panic|cause|result|return false|leak|block|hang)|may (?:cause|lead|result|throw|fail|overflow|never)|could (?:cause|lead|result|allow)|leads? to|results? in|causes?|allow(?:s|ing) (?:an |the |a )?(?:attackers?|malicious|users? to))\b/iu,
  },
  {
    // It shows something at all.
    weight: 1,
    pattern:
      /\b(?:(?:following|this|next|above|below|first) (?:\w+ )?(?:examples?|code|snippets?|programs?|functions?|classes|class|methods?|query|fragment|configuration|listing|loop|script)|examples? (?:below|above|shows?|that)|code (?:below|above|snippet|that)|(?:in|for) (?:this|the|an?|the following|the first) example|for (?:example|instance)|consider(?: this| the)?|suppose|e\.g\.|imagine|assume|let['’]s say)\b/iu,
  },
  { weight: 0.5, pattern: /:\s*$/u },
  // It turns to what is right.
  { weight: -3.2, pattern: turn },
  {
    weight: -1.8,
    pattern:
      /\b(?:instead|correct(?:ed|ly)? (?:version|code|example|way|usage|implementation|by|using)|fix(?:ed|es|ing)? (?:version|code|this|the|it|by)|the fix|(?:should|can|could|must) be (?:fixed|corrected|rewritten|replaced|modified|written|avoided|sanitized|validated|checked|used)|is (?:now|safe|secure|correct|fixed|correctly|properly|preferable|better|recommended|preferred)|better (?:way|approach|solution|alternative|to)|recommended|preferred|best practice|good practice|safer|more secure|avoids? (?:the|this|these)|to (?:avoid|prevent|fix|ensure|guard|mitigate) (?:this|the|that|these|such)|resolves?|solution|rewritten|refactor\w*|sanitiz(?:es|ed|ing) |no longer|ensur(?:es|ing) that|we recommend|you should)\b/iu,
  },
];

const bias = -2.2;

/** Log-odds that the code next to this paragraph is a demonstration of something wrong. */
export function weighProse(raw: string): number {
  const text = clip(raw).replace(/[*_`]/gu, '').replace(/\s+/gu, ' ').trim();
  let sum = bias;
  for (const cue of cues) if (cue.pattern.test(text)) sum += cue.weight;
  return sum;
}

const looksBack =
  /^(?:as written|as (?:it|this) (?:is|stands)|(?:this|these|the) (?:code|example|snippet|function|method|class|query|program|implementation|version|test|check|loop|call|approach|above|previous)?\b[^.]{0,60}\b(?:is|are|does not|doesn't|will|may|can|could|might|has|fails?|contains?|leads?|causes?|allows?)\b|the (?:problem|issue|trouble|bug|error|mistake|flaw|vulnerability))/iu;

/**
 * Log-odds that the paragraph after code adds: it turns to what is right (so the code before was not), or it looks back
 * and names the damage.
 */
export function weighAfterthought(raw: string): number {
  const text = clip(raw).replace(/[*_`]/gu, '').replace(/\s+/gu, ' ').trim();
  if (turn.test(text)) return 1.5;
  return looksBack.test(text) && weighProse(text) > -0.5 ? 1.5 : 0;
}

const outright =
  /\b(?:(?:this|these|that|here|it|which|following|code (?:below|above))\b[^.;]{0,40}\b(?:is|are|makes?|leaves?)\b[^.;]{0,25}\b(?:vulnerable|insecure|unsafe|wrong|incorrect|bad practice|an? (?:bad|security|vulnerab|anti-?pattern|mistake)\w*|not recommended|not safe)\b|(?:do not|don['’]t|never) do (?:this|that)|bad practice|anti-?pattern|(?:intentionally|deliberately) (?:vulnerable|insecure|unsafe|bad|wrong|incorrect|broken)|vulnerable to \w+)/iu;

/** Whether a comment says outright, of what it stands with, that it is wrong. Conditions and questions do not count. */
export function callsWrong(raw: string): boolean {
  const text = clip(raw);
  return (
    outright.test(text) &&
    !/\b(?:if|unless|whether|when|otherwise|should|would|could|might|prevents?|avoids?|protects?|not vulnerable)\b|\?/iu.test(
      text,
    )
  );
}

/** Whether a paragraph after code says that what follows is to be written instead of it. */
export function supersedes(raw: string): boolean {
  const text = clip(raw)
    .replace(/[*_`#]/gu, '')
    .trim();
  return /^(?:use instead|instead,? (?:use|do|write|prefer|try)|should be (?:written|replaced|rewritten)|(?:this )?(?:could|can|should|must) be (?:written|rewritten|replaced|simplified)|write (?:this|it)? ?instead|prefer(?:red)?(?: this)?|better|use this instead|do this instead|instead(?! of))[\s\S]{0,120}[:：]?\s*$/iu.test(
    text.slice(0, 200),
  );
}

function clip(raw: string): string {
  return raw.length <= longestProse
    ? raw
    : `${raw.slice(0, longestProse / 2)} ${raw.slice(-longestProse / 2)}`;
}

export function logistic(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}
