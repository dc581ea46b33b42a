import type { ExposurePlace, Exposures, PayloadKeys, RepeatedPayload } from '../../analysis/exposures.js';
import type { Finding } from '../../analysis/finding.js';
import { levels, type Level } from '../../analysis/levelNames.js';
import { NearIndex } from './nearIndex.js';

const usualCapacity = 65_536;
const listedPayloads = 100;
const listedPlaces = 5;
/** Code units. */
const quoted = 200;

/** One spelling of a payload. */
interface Form {
  readonly group: Group;
  count: number;
  /** Occurrences that may have come and been forgotten before this entry. */
  readonly missed: number;
}

/** A payload and its near repeats: those similar to the form that came first, so that chains of edits do not run away. */
interface Group {
  number: number;
  count: number;
  readonly missed: number;
  mostFrequent: { key: string; count: number };
  listed: Listed | undefined;
}

/** What is known from the findings that are listed. */
interface Listed {
  readonly kind: Finding['kind']['name'];
  readonly places: (Omit<ExposurePlace, 'exact'> & { readonly key: string })[];
  text: string;
  level: Level;
  taught: number;
  measured: number;
}

/**
 * Counts the payloads of a scan as they come. What it says is a function of their order alone, so a resumed scan and
 * merged shards, which give them in the same order, say the same as one scan.
 *
 * Memory is bounded by lossy counting (Manku and Motwani, "Approximate frequency counts over data streams", 2002), begun
 * when the table is full: what came least often is dropped, and how many occurrences of one payload were missed at most
 * is told. Until then all counts are exact.
 */
export class ExposureTable {
  private readonly forms = new Map<string, Form>();
  private groups: Group[] = [];
  private readonly near: NearIndex;
  private occurrences = 0;
  private payloads = 0;
  private missed = 0;

  constructor(private readonly capacity = usualCapacity) {
    this.near = new NearIndex(capacity);
  }

  /** `finding`: where the payload is listed. */
  add(keys: PayloadKeys, finding?: Finding): void {
    this.occurrences += 1;
    const form = this.forms.get(keys.exact) ?? this.addForm(keys);
    const { group } = form;
    form.count += 1;
    group.count += 1;
    if (form.count > group.mostFrequent.count) group.mostFrequent = { key: keys.exact, count: form.count };
    if (finding !== undefined) list(group, finding, keys.exact);
  }

  summary(): Exposures {
    const repeated = this.groups.filter(({ count }) => count > 1);
    const worst = repeated.flatMap((group) => repeatedPayload(group)).sort(heaviestFirst);
    return {
      occurrences: this.occurrences,
      payloads: this.payloads,
      repeated: repeated.length,
      missed: this.missed,
      worst: worst.slice(0, listedPayloads),
    };
  }

  private addForm({ exact, near }: PayloadKeys): Form {
    if (this.forms.size >= this.capacity || this.groups.length >= this.capacity) this.forget();
    const signature = signatureOf(near);
    const number = this.near.nearest(signature);
    const group = number === undefined ? this.addGroup(exact, signature) : this.groups[number]!;
    const form = { group, count: 0, missed: this.missed };
    this.forms.set(exact, form);
    return form;
  }

  private addGroup(key: string, signature: Uint16Array): Group {
    const number = this.groups.length;
    const mostFrequent = { key, count: 0 };
    const group: Group = { number, count: 0, missed: this.missed, mostFrequent, listed: undefined };
    this.groups.push(group);
    this.near.add(number, signature);
    this.payloads += 1;
    return group;
  }

  /** Makes room in a quarter of the table, so that this comes seldom. */
  private forget(): void {
    const room = Math.floor((3 / 4) * this.capacity);
    while (this.forms.size > room || this.groups.length > room) {
      this.missed += 1;
      const isRare = ({ count, missed }: Form | Group): boolean => count + missed <= this.missed;
      const kept = this.groups.filter((group) => !isRare(group));
      const keptGroups = new Set(kept);
      for (const [key, form] of this.forms)
        if (isRare(form) || !keptGroups.has(form.group)) this.forms.delete(key);
      this.groups = kept;
    }
    this.renumber();
  }

  private renumber(): void {
    const signatures = this.groups.map(({ number }) => this.near.signatureOf(number));
    this.near.clear();
    for (const [number, group] of this.groups.entries()) {
      group.number = number;
      this.near.add(number, signatures[number]!);
    }
  }
}

function signatureOf(near: string): Uint16Array {
  const bytes = Uint8Array.from(Buffer.from(near, 'base64'));
  return new Uint16Array(bytes.buffer);
}

function list(group: Group, { source, text, level, kind, measures }: Finding, key: string): void {
  const { path, record, field, line, column } = source;
  const listed = (group.listed ??= { kind: kind.name, places: [], text: '', level, taught: 0, measured: 0 });
  if (listed.places.length < listedPlaces) {
    listed.places.push({
      path,
      ...(record === undefined ? {} : { record }),
      ...(field === undefined ? {} : { field }),
      line,
      column,
      key,
    });
  }
  if (listed.text === '' || group.mostFrequent.key === key) listed.text = text.payload.slice(0, quoted);
  if (levels.indexOf(level) < levels.indexOf(listed.level)) listed.level = level;
  const taught = measures?.taught?.value;
  if (taught === undefined) return;
  listed.taught += taught;
  listed.measured += 1;
}

function repeatedPayload({ count, mostFrequent, listed }: Group): RepeatedPayload[] {
  if (listed === undefined) return [];
  const { text, level, kind, places, measured } = listed;
  const taught = measured === 0 ? undefined : listed.taught / measured;
  return [
    {
      key: mostFrequent.key,
      payload: text.toWellFormed(),
      exact: mostFrequent.count,
      near: count - mostFrequent.count,
      ...(taught === undefined ? {} : { taught, weight: taught * count }),
      level,
      kind,
      places: places.map(({ key, ...place }) => ({ ...place, exact: key === mostFrequent.key })),
    },
  ];
}

function heaviestFirst(a: RepeatedPayload, b: RepeatedPayload): number {
  const byWeight = (b.weight ?? -Infinity) - (a.weight ?? -Infinity);
  return byWeight !== 0 && !Number.isNaN(byWeight) ? byWeight : b.exact + b.near - (a.exact + a.near);
}
