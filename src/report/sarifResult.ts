import type { Fix, Location, Region, Result, Suppression, ThreadFlowLocation } from 'sarif';
import type { Finding, Place } from '../analysis/finding.js';
import type { Level } from '../analysis/levelNames.js';
import { isDeletion } from '../analysis/remedies.js';
import type { Span } from '../analysis/span.js';

const sarifLevels: Record<Level, Result.level> = {
  high: 'error',
  medium: 'warning',
  low: 'note',
  none: 'none',
};

/** One finding: at its payload, with the frame as a related location and the flow from one to the other. */
export function sarifResult(finding: Finding, ruleCodes: readonly string[]): Result {
  const { rule, level, fingerprint } = finding;
  const payload = locationOf(finding, payloadRegion(finding), 'the payload: what would be learnt');
  const frame = frameLocation(finding);
  const fixes = fixesOf(finding);
  return {
    ruleId: rule,
    ruleIndex: ruleCodes.indexOf(rule),
    level: sarifLevels[level],
    // What has no level is not said to be a fault (section 3.27.9).
    kind: level === 'none' ? 'informational' : 'fail',
    message: { text: messageOf(finding) },
    locations: [payload],
    ...(frame === undefined
      ? {}
      : {
          relatedLocations: [{ ...frame, id: 1 }],
          codeFlows: [{ threadFlows: [{ locations: [step(frame), step(payload)] }] }],
        }),
    ...(fixes.length === 0 ? {} : { fixes }),
    partialFingerprints: { 'backfire/v1': fingerprint },
    suppressions: suppressionsOf(finding),
    properties: propertiesOf(finding),
  };
}

/** Paths as URI references: relative ones stay relative, so that they hold wherever the repository is. */
export function artifactUri(path: string): string {
  const slashed = path.replaceAll('\\', '/');
  const encoded = slashed.split('/').map(encodeURIComponent).join('/');
  if (/^[A-Za-z]:\//.test(slashed)) return `file:///${encoded.replace('%3A', ':')}`;
  return slashed.startsWith('/') ? `file://${encoded}` : encoded;
}

function messageOf({ kind, level, measures, frame, suppressed }: Finding): string {
  const about = frame === null ? 'A demonstration' : 'The demonstration that the [frame](1) warns against';
  if (suppressed !== undefined) return `${about} is suppressed by ${suppressed.kind}; it was not measured.`;
  const { taught, teachRatio } = measures ?? {};
  if (taught === undefined) return `${about} was not scored by the model (${kind.name}).`;
  const ratio =
    teachRatio === undefined ? '' : `, ${estimate(teachRatio)} of what it would without the frame`;
  return `${about} would be learnt: ${estimate(taught)} nats per token${ratio} (${kind.name}, ${level}).`;
}

function estimate({ value, low, high }: { value: number; low: number; high: number }): string {
  return `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function locationOf({ source }: Finding, region: Region, message: string): Location {
  const { path, record, field } = source;
  return {
    physicalLocation: { artifactLocation: { uri: artifactUri(path) }, region },
    ...(record === undefined
      ? {}
      : {
          logicalLocations: [
            { name: field ?? '', kind: 'member', fullyQualifiedName: `record ${record}/${field ?? ''}` },
          ],
        }),
    message: { text: message },
  };
}

function payloadRegion({ source, payload, text }: Finding): Region {
  return regionOf(source, { start: source, end: source.end }, payload, text.payload);
}

function frameLocation(finding: Finding): Location | undefined {
  const { source, frame, text } = finding;
  if (frame === null) return undefined;
  const region = regionOf(source, source.frame, frame, text.frame);
  return locationOf(finding, region, 'the frame: what warns');
}

/** Within a text file by lines and by characters; a record is a line of its file, and spans in its text have no place there. */
function regionOf(
  { record }: Finding['source'],
  places: { readonly start: Place; readonly end?: Place | undefined } | undefined,
  span: Span,
  snippet: string,
): Region {
  const shown = { snippet: { text: snippet } };
  if (record !== undefined) return { startLine: Math.max(1, record), ...shown };
  return {
    ...(places === undefined ? {} : { startLine: places.start.line, startColumn: places.start.column }),
    ...(places?.end === undefined ? {} : { endLine: places.end.line, endColumn: places.end.column }),
    charOffset: span.start,
    charLength: span.end - span.start,
    ...shown,
  };
}

function step(location: Location): ThreadFlowLocation {
  return { location };
}

/** Remedies that are edits of a text file; the others are words among the properties. */
function fixesOf({ remedies, source, payload }: Finding): Fix[] {
  if (source.record !== undefined) return [];
  return remedies.filter(isDeletion).map((remedy) => ({
    description: { text: remedy },
    artifactChanges: [
      {
        artifactLocation: { uri: artifactUri(source.path) },
        replacements: [
          { deletedRegion: { charOffset: payload.start, charLength: payload.end - payload.start } },
        ],
      },
    ],
  }));
}

/** Empty where nothing suppresses: absent would mean that nobody knows (section 3.27.23). */
function suppressionsOf({ suppressed }: Finding): Suppression[] {
  if (suppressed === undefined) return [];
  return [
    {
      kind: suppressed.kind === 'baseline' ? 'external' : 'inSource',
      status: 'accepted',
      ...(suppressed.reason === undefined ? {} : { justification: suppressed.reason }),
    },
  ];
}

function propertiesOf(finding: Finding): Result['properties'] {
  const { id, kind, cwe, detection, measures, reasons, remedies, notes, language, source } = finding;
  return {
    id,
    kind,
    ...(cwe === undefined ? {} : { cwe }),
    detection,
    ...(measures === undefined ? {} : { measures }),
    language,
    reasons,
    remedies,
    notes,
    // The places in a record's text, which the region of its line cannot say.
    ...(source.record === undefined ? {} : { source, frame: finding.frame, payload: finding.payload }),
  };
}
