import type { ExposurePlace, Exposures, RepeatedPayload } from './exposures.js';
import type { Finding } from './finding.js';

/** Finds the repeated payload that a finding belongs to, as far as the summary lists it. */
export function repeatsOf({ worst }: Exposures): (finding: Finding) => RepeatedPayload | undefined {
  const byKey = new Map<string, RepeatedPayload>();
  for (const repeated of worst) {
    byKey.set(repeated.key, repeated);
    for (const place of repeated.places) byKey.set(exposurePlace(place), repeated);
  }
  return ({ payloadKeys, source }) => byKey.get(payloadKeys.exact) ?? byKey.get(exposurePlace(source));
}

/** `12 times exactly and 3 times nearly`. */
export function exposuresText({ exact, near }: RepeatedPayload): string {
  return [
    exact === 1 && near > 0 ? 'once exactly' : `${exact} times exactly`,
    ...(near > 0 ? [nearText(near)] : []),
  ].join(' and ');
}

/** Where else the payload stands: `also a.md:3:1, b.jsonl:7 text:2:1 (nearly) and 9 more`. */
export function elsewhereText(repeated: RepeatedPayload, { source }: Finding): string {
  const here = exposurePlace(source);
  const others = repeated.places.filter((place) => exposurePlace(place) !== here);
  const more = repeated.exact + repeated.near - others.length - 1;
  const named = others.map(repeatPlace);
  if (more > 0) named.push(`${more} more`);
  return `also ${named.length < 2 ? named.join('') : `${named.slice(0, -1).join(', ')} and ${named.at(-1)!}`}`;
}

/** `b.jsonl:7 text:2:1 (nearly)` */
export function repeatPlace(place: ExposurePlace): string {
  return `${exposurePlace(place)}${place.exact ? '' : ' (nearly)'}`;
}

export function exposurePlace({ path, record, field, line, column }: Omit<ExposurePlace, 'exact'>): string {
  return `${path}${record === undefined ? '' : `:${record}`}${field === undefined ? '' : ` ${field}`}:${line}:${column}`;
}

function nearText(near: number): string {
  return near === 1 ? 'once nearly' : `${near} times nearly`;
}
