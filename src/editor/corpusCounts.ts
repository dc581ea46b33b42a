import { type Level, levels } from '../analysis/levelNames.js';
import { type KindName, kindNames } from '../analysis/kind/kindNames.js';
import { asManyAs } from '../analysis/wordings.js';
import type { Wordings } from '../analysis/wordingsSchema.js';
import { WordingTable } from '../corpus/wordingTable.js';
import { codeOf, levelOfFinding, titleOf } from './editorFinding.js';
import type { FiledFinding } from './findingGroups.js';
import type { FindingStore } from './findingStore.js';
import { readSetting } from './settings.js';
import { listedFindings } from './shownFindings.js';
import type { TimeSlice } from './timeSlice.js';

/** A group of findings; `value` is its name in the analysis. */
export interface CountedGroup<Value extends string = string> {
  readonly value: Value;
  readonly count: number;
}

/** The findings of the window in numbers, the same as the Findings view has. */
export interface CorpusCounts {
  readonly listed: number;
  /** Findings that the settings leave out. */
  readonly unlisted: number;
  readonly files: number;
  /** From the worst down; those that the settings let through also where they have none. */
  readonly levels: readonly CountedGroup<Level>[];
  readonly kinds: readonly CountedGroup<KindName>[];
  readonly rules: readonly (CountedGroup & { readonly title: string })[];
  readonly wordings: Wordings;
  /** As many equally frequent wordings would be as varied. */
  readonly asManyAs: number;
}

/** In slices: there can be many thousands. */
export async function corpusCounts(store: FindingStore, slice: TimeSlice): Promise<CorpusCounts> {
  const listed = listedFindings(store).sort(byPlace);
  const table = new WordingTable();
  for (const { finding } of listed) {
    await slice.pause();
    const { text, frame } = finding.window.sample;
    if (frame) table.add(text.slice(frame.start, frame.end));
  }
  const wordings = table.summary();
  const kinds = readSetting('kinds');
  const minimum = levels.indexOf(readSetting('minimumLevel'));
  const ofLevel = countsBy(listed, ({ finding }) => levelOfFinding(finding, kinds));
  const ofKind = countsBy(listed, ({ finding }) => finding.about.kind.name);
  const ofRule = Map.groupBy(listed, ({ finding }) => codeOf(finding));
  return {
    listed: listed.length,
    unlisted: [...store.all()].reduce((sum, { findings }) => sum + findings.length, 0) - listed.length,
    files: new Set(listed.map(({ uri }) => uri.toString())).size,
    levels: levels.slice(0, minimum + 1).map((value) => ({ value, count: ofLevel.get(value) ?? 0 })),
    kinds: kindNames
      .map((value) => ({ value, count: ofKind.get(value) ?? 0 }))
      .filter(isThere)
      .sort(mostFirst),
    rules: [...ofRule]
      .map(([value, found]) => ({ value, title: titleOf(found[0]!.finding), count: found.length }))
      .sort(mostFirst),
    wordings,
    asManyAs: asManyAs(wordings),
  };
}

/** Results come in any order; groups of wordings depend on theirs. */
function byPlace(a: FiledFinding, b: FiledFinding): number {
  const [first, second] = [a.uri.toString(), b.uri.toString()];
  if (first !== second) return first < second ? -1 : 1;
  return a.finding.payload.start - b.finding.payload.start;
}

function countsBy<Value>(
  listed: readonly FiledFinding[],
  of: (filed: FiledFinding) => Value,
): ReadonlyMap<Value, number> {
  const counts = new Map<Value, number>();
  for (const filed of listed) counts.set(of(filed), (counts.get(of(filed)) ?? 0) + 1);
  return counts;
}

function isThere({ count }: CountedGroup): boolean {
  return count > 0;
}

function mostFirst(a: CountedGroup, b: CountedGroup): number {
  return b.count - a.count;
}
