import { codeOf, type EditorFinding, measuredLevelOf, subjectOf, titleOf } from './editorFinding.js';
import type { PanelHistory, PanelSnapshot, SampleEntry } from './panelMessages.js';

/** A finding with the name of its place, as the panel names it. */
export interface PlacedFinding {
  readonly finding: EditorFinding;
  readonly place: string;
  readonly isStale: boolean;
}

/** Other samples that can be chosen in the panel. */
const mostEntries = 200;

export function snapshotOf(
  shown: PlacedFinding,
  all: readonly PlacedFinding[],
  history: PanelHistory,
): PanelSnapshot {
  const { finding, isStale } = shown;
  const { sample } = finding.window;
  return {
    kind: 'sample',
    shown: {
      ...entryOf(shown),
      title: titleOf(finding),
      code: codeOf(finding),
      text: sample.text,
      ...(sample.frame ? { frame: sample.frame } : {}),
      payload: sample.payload ?? { start: 0, end: sample.text.length },
      reasons: [...finding.reasons, aboutText(finding)],
      result: finding.result,
      isStale,
      byEmbeddedModel: finding.byEmbeddedModel,
    },
    others: all.slice(0, mostEntries).map(entryOf),
    history,
  };
}

function aboutText(finding: EditorFinding): string {
  const { kind, cwe } = finding.about;
  const why = cwe === undefined ? '' : `; ${cwe.reason}`;
  return `it is about ${subjectOf(finding)} (probability ${kind.probability.toFixed(2)}${why})`;
}

function entryOf({ finding, place }: PlacedFinding): SampleEntry {
  return { id: finding.id, level: measuredLevelOf(finding), place };
}
