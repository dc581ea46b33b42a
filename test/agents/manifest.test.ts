import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { explainInputSchema, scanInputSchema } from '../../src/agents/agentSchemas.js';
import { toolTexts } from '../../src/agents/toolTexts.js';

interface Manifest {
  readonly contributes: {
    readonly languageModelTools: readonly {
      readonly name: keyof typeof toolTexts;
      readonly modelDescription: string;
      readonly inputSchema: unknown;
    }[];
  };
}

describe('the tools of the manifest', () => {
  const path = join(import.meta.dirname, '..', '..', 'package.json');
  const { contributes } = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  const inputs = { backfire_scan: scanInputSchema, backfire_explain: explainInputSchema };

  it('are those of the code, and take what the code takes', () => {
    expect(contributes.languageModelTools.map(({ name }) => name)).toEqual(Object.keys(toolTexts));
    for (const { name, modelDescription, inputSchema } of contributes.languageModelTools) {
      expect(modelDescription).toBe(toolTexts[name].description);
      const { $schema, ...wanted } = z.toJSONSchema(inputs[name], { io: 'input' });
      expect($schema).toBeDefined();
      expect(inputSchema).toEqual(wanted);
    }
  });
});
