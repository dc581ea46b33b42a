import type { Finding } from './finding.js';
import { levels } from './levelNames.js';

/** The order of reports: by level, security first, then by what is taught, then by place. */
export function worstFirst(a: Finding, b: Finding): number {
  const byLevel = levels.indexOf(a.level) - levels.indexOf(b.level);
  if (byLevel !== 0) return byLevel;
  const bySecurity = Number(b.kind.name === 'security') - Number(a.kind.name === 'security');
  if (bySecurity !== 0) return bySecurity;
  const byTaught = (b.measures?.taught?.value ?? -Infinity) - (a.measures?.taught?.value ?? -Infinity);
  if (byTaught !== 0 && !Number.isNaN(byTaught)) return byTaught;
  const keys = [a, b].map(({ source }) => source.path);
  if (keys[0] !== keys[1]) return (keys[0] ?? '') < (keys[1] ?? '') ? -1 : 1;
  return (a.source.record ?? 0) - (b.source.record ?? 0) || a.payload.start - b.payload.start;
}
