import { l10n, type LogOutputChannel, type TextDocument, type Uri } from 'vscode';
import type { Candidate, TextDocument as EngineDocument } from '../analysis/candidate.js';
import type { Span } from '../analysis/span.js';
import type { EditorFinding } from './editorFinding.js';
import { engineDocument } from './engineDocument.js';
import type { EngineHost } from './engineHost.js';
import { mostBytes } from './fileText.js';
import type { FindingStore } from './findingStore.js';
import type { ChosenSample } from './selectedSamples.js';
import { TimeSlice } from './timeSlice.js';

export interface Run {
  readonly signal: AbortSignal;
  /** `total` is undefined as long as it is not known. */
  readonly onProgress: (done: number, total: number | undefined) => void;
}

/** How an analysis ended when nothing went wrong. */
export type Analysis =
  | {
      readonly kind: 'analyzed';
      readonly findings: readonly EditorFinding[];
      /** Findings whose text was edited in the meantime: no place is left for them. */
      readonly dropped: number;
      /** What the engine took to measure. */
      readonly engineMs: number;
    }
  | { readonly kind: 'nothing'; readonly reason: string };

type Choose = (document: EngineDocument, candidates: readonly Candidate[]) => Promise<ChosenSample[]>;

/** Asks the engine for the frames and payloads of a document, has them measured, and stores what came of it. */
export class Analyzer {
  constructor(
    private readonly host: EngineHost,
    private readonly store: FindingStore,
    private readonly log: LogOutputChannel,
  ) {}

  /** Replaces all findings of the document. */
  async analyzeFile(document: TextDocument, run: Run): Promise<Analysis> {
    const analysis = await this.#analyze(document, run, wholeDocument);
    this.store.set(document.uri, findingsOf(analysis));
    return analysis;
  }

  /** Replaces the findings of the document, but for selections that a person had measured. */
  async analyzeAgain(document: TextDocument, run: Run): Promise<Analysis> {
    const analysis = await this.#analyze(document, run, wholeDocument);
    const selections = this.store.of(document.uri).filter(({ origin }) => origin.kind === 'selection');
    this.store.set(document.uri, replaced(selections, findingsOf(analysis)));
    return analysis;
  }

  /** Replaces the findings that share text with the new ones. */
  async analyzeSelection(document: TextDocument, selection: Span, run: Run): Promise<Analysis> {
    const analysis = await this.#analyze(document, run, async (text, candidates) => {
      const { samplesOfSelection } = await import('./selectedSamples.js');
      return samplesOfSelection(text, candidates, selection);
    });
    const findings = findingsOf(analysis);
    if (findings.length > 0) this.store.set(document.uri, replaced(this.store.of(document.uri), findings));
    return analysis;
  }

  /** The finding with what each token contributes: a scan keeps no such thing, so that it is measured when it is asked for. */
  async withTokens(uri: Uri, finding: EditorFinding, signal?: AbortSignal): Promise<EditorFinding> {
    const { result, window } = finding;
    if (result.kind === 'measured' && result.tokens) return finding;
    const engine = await this.host.engine();
    const byEmbeddedModel = this.host.isEmbeddedPack;
    const [again] = await engine.measure([window.sample], { lane: 'editor', ...(signal && { signal }) });
    if (!again) return finding;
    const measured = { result: again, byEmbeddedModel };
    this.store.setResult(uri, finding.id, measured);
    return { ...finding, ...measured };
  }

  async #analyze(document: TextDocument, { signal, onProgress }: Run, choose: Choose): Promise<Analysis> {
    const started = performance.now();
    const text = engineDocument(document);
    if (text.text.length > mostBytes) {
      const reason = l10n.t('The document has more than {0} characters: use "backfire scan".', mostBytes);
      return { kind: 'nothing', reason };
    }
    const watch = this.store.watch(document);
    try {
      onProgress(0, undefined);
      const engine = await this.host.engine();
      const byEmbeddedModel = this.host.isEmbeddedPack;
      const candidates = await engine.findCandidates(text, { signal });
      const chosen = await choose(text, candidates);
      if (chosen.length === 0) return nothingIn(candidates);
      const samples = chosen.map(({ window }) => window.sample);
      const asked = performance.now();
      const results = await engine.measure(samples, {
        lane: 'editor',
        signal,
        onProgress: (done) => onProgress(done, samples.length),
      });
      const engineMs = performance.now() - asked;
      signal.throwIfAborted();
      if (watch.closed)
        return { kind: 'nothing', reason: l10n.t('The document was closed before the results came.') };
      const placed = watch.place(chosen.map((sample, index) => ({ ...sample, result: results[index]! })));
      const findings = placed.map((each) => ({
        ...each,
        byEmbeddedModel,
        id: this.store.nextId(),
        line: document.positionAt(each.payload.start).line,
      }));
      const dropped = chosen.length - findings.length;
      this.log.info(
        `${document.uri.path}: ${chosen.length} measured, ${dropped} dropped after edits; ` +
          `engine ${Math.round(engineMs)} ms of ${Math.round(performance.now() - started)} ms`,
      );
      return { kind: 'analyzed', findings, dropped, engineMs };
    } finally {
      watch.dispose();
    }
  }
}

async function wholeDocument(
  text: EngineDocument,
  candidates: readonly Candidate[],
): Promise<ChosenSample[]> {
  const { samplesOfDocument } = await import('./selectedSamples.js');
  return samplesOfDocument(text, candidates, new TimeSlice());
}

function nothingIn(candidates: readonly Candidate[]): Analysis {
  const isSuppressed = candidates.some(({ suppressed }) => suppressed !== undefined);
  const reason = isSuppressed
    ? l10n.t('What was found here is suppressed by backfire-ignore.')
    : l10n.t('No frame with a payload was found here.');
  return { kind: 'nothing', reason };
}

function findingsOf(analysis: Analysis): readonly EditorFinding[] {
  return analysis.kind === 'analyzed' ? analysis.findings : [];
}

/** The old ones that share no payload with a new one, and the new ones. */
function replaced(old: readonly EditorFinding[], found: readonly EditorFinding[]): EditorFinding[] {
  const overlaps = ({ payload }: EditorFinding) =>
    found.some((other) => payload.start < other.payload.end && other.payload.start < payload.end);
  return [...old.filter((finding) => !overlaps(finding)), ...found];
}
