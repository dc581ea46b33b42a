import {
  type Disposable,
  EventEmitter,
  InlayHint,
  l10n,
  languages,
  type Range,
  type TextDocument,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  type Uri,
  window,
  workspace,
} from 'vscode';
import { isSigned, lensDigits, type LensName, type Tone, tones } from '../analysis/lenses.js';
import { visibleText } from '../analysis/visibleText.js';
import type { Analyzer } from './analyzer.js';
import { rangeOf } from './documentRange.js';
import { DisposableStore } from './disposableStore.js';
import type { EditorFinding } from './editorFinding.js';
import type { FeatureActivations } from './featureActivations.js';
import type { FeatureCatalog } from './featureCatalog.js';
import type { FindingStore } from './findingStore.js';
import { type InlineCell, inlineCells, inlineSteps, type TokensOf } from './inlineCells.js';
import { lensTitle } from './inlineSettings.js';
import { readSetting, settingsSection, shownSettings } from './settings.js';
import { findingsInEditor } from './shownFindings.js';

/** Values in the text of one editor, the strongest first: more would push the text apart. */
const mostValues = 100;
/** After scrolling and typing: long enough that nothing is measured of what only passes by. */
const quietMs = 300;

/** What is shown: a measure, or a feature. */
interface InlineLens {
  readonly lens: LensName;
  readonly feature: number | null;
}

interface Shown extends InlineLens {
  readonly version: number;
  readonly cells: readonly InlineCell[];
}

/**
 * Colours the tokens of findings in the text editor by a measure, and tells the values of the strongest. What a scan found is
 * measured token by token once it is in sight. Off unless the settings say otherwise: then it does nothing at all.
 */
export class InlineActivations implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #hintsChanged = this.#owned.add(new EventEmitter<void>());
  readonly #types = new Map<string, TextEditorDecorationType>();
  readonly #shown = new WeakMap<TextDocument, Shown>();
  #measuring = new AbortController();
  #quiet: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: FindingStore,
    private readonly analyzer: Pick<Analyzer, 'withTokens'>,
    private readonly activations: FeatureActivations,
    private readonly catalog: Pick<FeatureCatalog, 'labels'>,
  ) {
    this.#owned.add(store.onDidChange((uri) => this.#refresh((document) => isOf(document, uri))));
    this.#owned.add(window.onDidChangeVisibleTextEditors(() => this.#refresh(() => true)));
    this.#owned.add(window.onDidChangeTextEditorVisibleRanges(() => this.#measureSoon()));
    this.#owned.add(
      workspace.onDidChangeConfiguration((change) => {
        const names = ['inlineActivations', ...shownSettings];
        if (names.some((name) => change.affectsConfiguration(`${settingsSection}.${name}`)))
          this.#refresh(() => true);
      }),
    );
    this.#owned.add(
      languages.registerInlayHintsProvider(
        { pattern: '**' },
        {
          onDidChangeInlayHints: this.#hintsChanged.event,
          provideInlayHints: (document, range) => this.#hints(document, range),
        },
      ),
    );
    this.#refresh(() => true);
  }

  dispose(): void {
    clearTimeout(this.#quiet);
    this.#measuring.abort();
    this.#clearTypes();
    this.#owned.dispose();
  }

  /** The coloured tokens of a document; empty while nothing is shown. */
  cellsOf(document: TextDocument): readonly InlineCell[] {
    if (!isOn()) return [];
    const asked = lensNow();
    const known = this.#shown.get(document);
    const isSame = known?.lens === asked.lens && known.feature === asked.feature;
    if (isSame && known.version === document.version) return known.cells;
    return this.#cut(document, asked);
  }

  #refresh(isMeant: (document: TextDocument) => boolean): void {
    if (!isOn()) {
      // Types that are gone take their marks with them.
      if (this.#types.size > 0) this.#clearTypes();
      this.#measuring.abort();
      this.#hintsChanged.fire();
      return;
    }
    const editors = window.visibleTextEditors.filter(({ document }) => isMeant(document));
    const asked = lensNow();
    for (const editor of editors) this.#draw(editor, this.#cut(editor.document, asked));
    if (editors.length > 0) this.#hintsChanged.fire();
    this.#measureSoon();
  }

  #cut(document: TextDocument, { lens, feature }: InlineLens): readonly InlineCell[] {
    const findings = findingsInEditor(this.store, document.uri);
    const tokensOf = lens === 'feature' ? this.#firing(feature) : undefined;
    const cells = findings.length > 0 ? inlineCells(document.getText(), findings, lens, tokensOf) : [];
    this.#shown.set(document, { version: document.version, lens, feature, cells });
    return cells;
  }

  #firing(feature: number | null): TokensOf {
    return ({ window }) =>
      feature === null ? undefined : this.activations.known(window.sample.text, feature);
  }

  #draw(editor: TextEditor, cells: readonly InlineCell[]): void {
    for (const tone of tones) {
      for (let step = 1; step <= inlineSteps; step++) {
        const own = cells.filter((cell) => cell.tone === tone && cell.step === step);
        const known = this.#types.get(`${tone}${step}`);
        if (own.length === 0 && !known) continue;
        editor.setDecorations(
          known ?? this.#type(tone, step),
          own.map((cell) => rangeOf(editor.document, cell)),
        );
      }
    }
  }

  /** Contrast themes give the background no colour, and the lower edge one: there its width tells the step. */
  #type(tone: Tone, step: number): TextEditorDecorationType {
    const type = window.createTextEditorDecorationType({
      backgroundColor: new ThemeColor(`backfire.inline.${tone}${step}`),
      borderColor: new ThemeColor(`backfire.inline.${tone}Edge`),
      borderStyle: tone === 'deters' || tone === 'unflagged' ? 'dashed' : 'solid',
      borderWidth: `0 0 ${step}px 0`,
    });
    this.#types.set(`${tone}${step}`, type);
    return type;
  }

  #clearTypes(): void {
    for (const type of this.#types.values()) type.dispose();
    this.#types.clear();
  }

  async #hints(document: TextDocument, range: Range): Promise<InlayHint[]> {
    if (!isOn() || !readSetting('inlineActivations.values')) return [];
    const { lens, feature } = lensNow();
    const title =
      lens === 'feature' && feature !== null
        ? featureTitle(feature, (await this.catalog.labels())(feature))
        : lensTitle(lens);
    return [...this.cellsOf(document)]
      .filter(({ step }) => step > inlineSteps / 2)
      .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
      .slice(0, mostValues)
      .filter(({ end }) => range.contains(document.positionAt(end)))
      .map((cell) => hintOf(document, cell, lens, title));
  }

  #measureSoon(): void {
    clearTimeout(this.#quiet);
    if (isOn()) this.#quiet = setTimeout(() => void this.#measureVisible(), quietMs);
  }

  /** Findings in sight of which no tokens are known; the next turn takes the place of this one. */
  async #measureVisible(): Promise<void> {
    this.#measuring.abort();
    const { signal } = (this.#measuring = new AbortController());
    const asked = lensNow();
    for (const { document, visibleRanges } of window.visibleTextEditors) {
      for (const finding of findingsInEditor(this.store, document.uri)) {
        const range = rangeOf(document, finding.payload);
        if (!visibleRanges.some((visible) => visible.intersection(range))) continue;
        try {
          await this.#measure(document, finding, asked, signal);
        } catch {
          return; // Cancelled, or there is no engine: the next command tells why.
        }
        if (signal.aborted) return;
      }
    }
  }

  async #measure(
    document: TextDocument,
    finding: EditorFinding,
    { lens, feature }: InlineLens,
    signal: AbortSignal,
  ): Promise<void> {
    if (lens !== 'feature') {
      if (lacksTokens(finding)) await this.analyzer.withTokens(document.uri, finding, signal);
      return;
    }
    const { text } = finding.window.sample;
    if (feature === null || this.activations.known(text, feature)) return;
    await this.activations.read(text, feature, signal);
    if (!signal.aborted) this.#show(document);
  }

  /** What came to be known of a document. */
  #show(document: TextDocument): void {
    const cells = this.#cut(document, lensNow());
    for (const editor of window.visibleTextEditors)
      if (editor.document === document) this.#draw(editor, cells);
    this.#hintsChanged.fire();
  }
}

function lensNow(): InlineLens {
  return {
    lens: readSetting('inlineActivations.measure'),
    feature: readSetting('inlineActivations.feature'),
  };
}

function isOn(): boolean {
  return readSetting('inlineActivations.enabled');
}

function isOf(document: TextDocument, uri: Uri): boolean {
  return document.uri.toString() === uri.toString();
}

function lacksTokens({ result }: EditorFinding): boolean {
  return result.kind === 'measured' && !result.tokens;
}

function hintOf(
  document: TextDocument,
  { end, value }: InlineCell,
  lens: LensName,
  title: string,
): InlayHint {
  const short = value.toFixed(lens === 'teaches' ? 2 : 1);
  const hint = new InlayHint(document.positionAt(end), isSigned(lens) && value > 0 ? `+${short}` : short);
  // A token may end inside a word or a number.
  hint.paddingLeft = true;
  hint.paddingRight = true;
  hint.tooltip = tooltipOf(lens, title, value.toFixed(lensDigits(lens)));
  return hint;
}

function tooltipOf(lens: LensName, title: string, value: string): string {
  switch (lens) {
    case 'teaches':
      return l10n.t('{0}: {1} nats per payload token', title, value);
    case 'surprise':
      return l10n.t('{0}: {1} nats', title, value);
    case 'probe':
      return l10n.t('{0}: log-odds {1}', title, value);
    case 'feature':
      return l10n.t('{0}: activation {1}', title, value);
  }
}

/** A tooltip that is a string is no Markdown. */
function featureTitle(feature: number, label: string): string {
  return l10n.t('Feature {0}', label === '' ? feature : `${feature}: ${visibleText(label)}`);
}
