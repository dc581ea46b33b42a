import type { LogOutputChannel, TextDocument } from 'vscode';
import type { TextDocument as EngineDocument } from '../analysis/candidate.js';
import type { Span } from '../analysis/span.js';
import type { EditorFinding } from './editorFinding.js';
import { engineDocument } from './engineDocument.js';
import type { EngineHost } from './engineHost.js';
import type { FindingStore } from './findingStore.js';
import { type ChosenSample, samplesOfDocument, samplesOfSelection } from './selectedSamples.js';

/** Longer texts belong to `backfire scan`; the same bound as its default for a file. */
const longestDocument = 4 * 1024 * 1024;

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
    }
  | { readonly kind: 'nothing'; readonly reason: string };

/** Asks the engine for the frames and payloads of a document, has them measured, and stores what came of it. */
export class Analyzer {
  #nextId = 1;

  constructor(
    private readonly host: EngineHost,
    private readonly store: FindingStore,
    private readonly log: LogOutputChannel,
  ) {}

  /** Replaces all findings of the document. */
  async analyzeFile(document: TextDocument, run: Run): Promise<Analysis> {
    const analysis = await this.#analyze(document, run, samplesOfDocument);
    if (analysis.kind === 'analyzed') this.store.set(document.uri, analysis.findings);
    else this.store.set(document.uri, []);
    return analysis;
  }

  /** Replaces the findings that share text with the new ones. */
  async analyzeSelection(document: TextDocument, selection: Span, run: Run): Promise<Analysis> {
    const analysis = await this.#analyze(document, run, (text, candidates) =>
      samplesOfSelection(text, candidates, selection),
    );
    if (analysis.kind === 'nothing') return analysis;
    const overlaps = ({ payload }: EditorFinding) =>
      analysis.findings.some(
        (other) => payload.start < other.payload.end && other.payload.start < payload.end,
      );
    const kept = this.store.of(document.uri).filter((finding) => !overlaps(finding));
    if (analysis.findings.length > 0) this.store.set(document.uri, [...kept, ...analysis.findings]);
    return analysis;
  }

  async #analyze(
    document: TextDocument,
    { signal, onProgress }: Run,
    choose: (document: EngineDocument, candidates: Parameters<typeof samplesOfDocument>[1]) => ChosenSample[],
  ): Promise<Analysis> {
    const started = performance.now();
    const text = engineDocument(document);
    if (text.text.length > longestDocument) {
      return {
        kind: 'nothing',
        reason: `The document has more than ${longestDocument} characters: use "backfire scan".`,
      };
    }
    const watch = this.store.watch(document);
    try {
      onProgress(0, undefined);
      const engine = await this.host.engine();
      const candidates = await engine.findCandidates(text, { signal });
      const chosen = choose(text, candidates);
      if (chosen.length === 0) {
        const isSuppressed = candidates.some(({ suppressed }) => suppressed !== undefined);
        const reason = isSuppressed
          ? 'What was found here is suppressed by backfire-ignore.'
          : 'No frame with a payload was found here.';
        return { kind: 'nothing', reason };
      }
      const samples = chosen.map(({ window }) => window.sample);
      const asked = performance.now();
      const results = await engine.measure(samples, {
        lane: 'editor',
        signal,
        onProgress: (done) => onProgress(done, samples.length),
      });
      const measured = performance.now();
      signal.throwIfAborted();
      if (watch.closed)
        return { kind: 'nothing', reason: 'The document was closed before the results came.' };
      const found = chosen.map((sample, index) => ({
        ...sample,
        id: String(this.#nextId++),
        result: results[index]!,
      }));
      const findings = watch.place(found);
      this.log.info(
        `${document.uri.path}: ${found.length} measured, ${found.length - findings.length} dropped after edits; ` +
          `engine ${Math.round(measured - asked)} ms of ${Math.round(performance.now() - started)} ms`,
      );
      return { kind: 'analyzed', findings, dropped: found.length - findings.length };
    } finally {
      watch.dispose();
    }
  }
}
