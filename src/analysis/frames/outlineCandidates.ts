import type { Candidate } from '../candidate.js';
import { splitByLabels } from './codeLabels.js';
import { guessSyntax, syntaxOf, type LanguageSyntax } from './languages.js';
import { quote } from './linkComments.js';
import { judgeCode, type CodeVerdict } from './linkBlocks.js';
import { trimBlock, type Block } from './outline.js';
import { findToolReports } from './toolReports.js';

/** Candidates of a piece of code by its comments; handed in, because code holds documents that hold code. */
export type CodeFinder = (code: string, syntax: LanguageSyntax, depth: number) => Promise<Candidate[]>;

/** From this probability on a verdict from outside the code is held against what its comments say. */
const decided = 0.5;
/** Examples in the comments of a program mostly show how to call it. */
const inDocComments = -1;

/** Candidates of an outlined document: verdicts on whole blocks, and what the comments inside the blocks add. */
export async function findInOutline(
  text: string,
  blocks: readonly Block[],
  language: string,
  findInCode: CodeFinder,
  depth = 0,
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const verdict of judgeCode(text, blocks, depth > 0 ? inDocComments : 0)) {
    const outer = toCandidate(text, verdict);
    if (verdict.inline) {
      if (outer !== undefined) candidates.push(outer);
      continue;
    }
    const parts = partsOf(text, verdict);
    if (parts.length > 0) {
      candidates.push(...parts);
      continue;
    }
    const code = text.slice(verdict.code.start, verdict.code.end);
    const name = verdict.language === '' ? language : verdict.language;
    const syntax = syntaxOf(name) ?? guessSyntax(code);
    const inner = (await findInCode(code, syntax, depth)).map((candidate) =>
      shift(candidate, verdict.code.start),
    );
    candidates.push(...reconcile(outer, inner, verdict));
  }
  return candidates;
}

/** Labels written into the code, and reports that quote code, say more than the text around the block. */
function partsOf(text: string, verdict: CodeVerdict): Candidate[] {
  const { language } = verdict;
  const stretches = splitByLabels(text, verdict.code);
  if (stretches.length > 0) {
    return stretches
      .filter((stretch) => stretch.verdict.polarity === 'bad')
      .map(({ label, code, verdict: { strength } }) => ({
        frame: label,
        payload: code,
        language,
        rule: 'label-in-code' as const,
        detection: strength,
        reasons: [`label ${quote(text, label)} in front of the code`],
      }));
  }
  return findToolReports(text, verdict.code).map(({ frame, payload }) => ({
    frame,
    payload,
    language: '',
    rule: 'tool-report' as const,
    detection: 0.75,
    reasons: [`report ${quote(text, frame)} quotes the code`],
  }));
}

/** Comments tell the parts of a block apart, where they take a side; otherwise the text around it speaks for all of it. */
function reconcile(
  outer: Candidate | undefined,
  inner: readonly Candidate[],
  verdict: CodeVerdict,
): Candidate[] {
  const firm = inner.filter(({ detection }) => detection >= decided);
  if (verdict.approved) return firm.filter(({ detection }) => detection >= 0.85);
  if (outer === undefined) return [...inner];
  if (outer.detection < decided) return firm.length > 0 ? firm : [outer, ...inner];
  const sections = firm.filter(({ rule }) => rule === 'comment-section' || rule === 'comment-above-code');
  const covered = sections.reduce((sum, { payload }) => sum + payload.end - payload.start, 0);
  // One warning on a line of a block that is wrong as a whole adds nothing.
  return sections.length > 0 && covered < 0.8 * (outer.payload.end - outer.payload.start)
    ? sections
    : [outer];
}

function toCandidate(text: string, verdict: CodeVerdict): Candidate | undefined {
  if (verdict.detection <= 0) return undefined;
  const payload = verdict.inline ? verdict.code : trimBlock(text, verdict.code);
  if (payload.start >= payload.end || !/[\p{L}\p{N}]/u.test(text.slice(payload.start, payload.end)))
    return undefined;
  const { language, detection, rule, frame, reasons } = verdict;
  return { frame, payload, language, rule, detection, reasons };
}

function shift(candidate: Candidate, by: number): Candidate {
  const { frame, payload } = candidate;
  return {
    ...candidate,
    frame: { start: frame.start + by, end: frame.end + by },
    payload: { start: payload.start + by, end: payload.end + by },
  };
}
