import { z } from 'zod';
import { findingSchema } from '../analysis/finding.js';
import { baselineSchema } from '../corpus/baseline.js';
import { scanLineSchema } from '../corpus/scanLine.js';
import { maskLineSchema } from '../report/maskLine.js';
import { scoreInputSchema, scoreLineSchema } from './scoreLine.js';

export const schemaNames = [
  'finding',
  'scan-line',
  'score-input',
  'score-line',
  'baseline',
  'mask-line',
] as const;
export type SchemaName = (typeof schemaNames)[number];

/** The published JSON schema, as it stands in docs/schema. */
export function schemaText(name: SchemaName): string {
  const title = `backfire ${name}`;
  return `${JSON.stringify({ title, ...schemaOf(name) }, null, 2)}\n`;
}

function schemaOf(name: SchemaName): object {
  switch (name) {
    case 'finding':
      return z.toJSONSchema(findingSchema);
    case 'scan-line':
      return z.toJSONSchema(scanLineSchema);
    case 'score-input':
      return z.toJSONSchema(scoreInputSchema, { io: 'input' });
    case 'score-line':
      return z.toJSONSchema(scoreLineSchema);
    case 'baseline':
      return z.toJSONSchema(baselineSchema);
    case 'mask-line':
      return z.toJSONSchema(maskLineSchema);
  }
}
