import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/analysis/finding.js';
import type { ScanLine } from '../../src/corpus/scanLine.js';
import { openPages } from '../../src/model/featurePages.js';
import { loadPack } from '../../src/model/pack.js';
import { ablationSpec } from '../../src/report/ablationSpec.js';
import { packFolder } from '../model/packFixture.js';

const pack = loadPack(packFolder);
const summary = { type: 'summary' } as ScanLine;

/** As much of a finding as the spec looks at; each has a payload of its own unless it is given one. */
let last = 0;
async function finding(
  features: readonly [latent: number, sample: number, bare: number][],
  more: Partial<Finding> = {},
): Promise<ScanLine> {
  return {
    type: 'finding',
    level: 'high',
    payloadKeys: { exact: String(++last) },
    features: features.map(([latent, sample, bare]) => ({ latent, sample, bare })),
    pack: (await pack).label,
    ...more,
  } as ScanLine;
}

async function spec(...lines: readonly ScanLine[]): Promise<Record<string, number[]>> {
  let text = '';
  const writer = ablationSpec(
    (part) => {
      text += part;
      return Promise.resolve();
    },
    () => pack,
  );
  for (const line of [...lines, summary]) await writer.write(line);
  return JSON.parse(text) as Record<string, number[]>;
}

/** Two features that fire at about one token in a thousand, and the densest. */
const pages = await openPages(await pack);
const { densities } = pages.index;
const usual = densities.flatMap((density, latent) => (density > 0.0008 && density < 0.0012 ? [latent] : []));
const [rare, other] = [usual[0]!, usual[1]!];
const dense = densities.indexOf(Math.max(...densities));

describe('the ablation spec', () => {
  it('names the decoder layer whose output the features are read from', async () => {
    const { manifest } = await pack;
    expect(manifest.sae?.hook).toBe(`blocks.${manifest.layer - 1}.hook_resid_post`);
    expect(Object.keys(await spec())).toEqual([String(manifest.layer - 1)]);
  });

  it('holds what flagged payloads share and ordinary text seldom has, the most typical first', async () => {
    const lines = [await finding([[rare, 9, 8]]), await finding([[other, 20, 30]])];
    expect(await spec(...lines)).toEqual({ 15: [other, rare] });
  });

  it('leaves out dense features, and those that are as active in ordinary text', async () => {
    expect((await pages.page(dense))!.density).toBeGreaterThan(0.1);
    const weak = 0.001;
    expect(await spec(await finding([[dense, 50, 50]]), await finding([[rare, weak, weak]]))).toEqual({
      15: [],
    });
  });

  it('takes the smaller of both sides: what the frame takes away is not shared', async () => {
    expect(await spec(await finding([[rare, 9, 0]]))).toEqual({ 15: [] });
    expect(await spec(await finding([[rare, 9, 9]]))).toEqual({ 15: [rare] });
  });

  it('counts a payload once, and no finding without a level or suppressed', async () => {
    const again = { payloadKeys: { exact: 'same' } } as Partial<Finding>;
    const none = await finding([[rare, 9, 9]], { level: 'none' });
    const suppressed = await finding([[rare, 9, 9]], { suppressed: { kind: 'comment' } });
    expect(await spec(none, suppressed)).toEqual({ 15: [] });
    const lines = [
      await finding([[rare, 9, 9]], again),
      ...(await Promise.all(Array.from({ length: 120 }, () => finding([[other, 20, 20]])))),
    ];
    const repeated = await Promise.all(Array.from({ length: 10 }, () => finding([[rare, 9, 9]], again)));
    // One of 121 payloads is an accident, however often it is repeated.
    expect(await spec(...lines, ...repeated)).toEqual({ 15: [other] });
  });

  it('refuses a report of another pack, and one without features', async () => {
    const foreign = await finding([[rare, 9, 9]], { pack: 'another@1' });
    await expect(spec(foreign)).rejects.toThrow('features of the pack another@1');
    const bare = await finding([], {});
    await expect(spec(bare)).rejects.toThrow('No flagged finding of this report names features');
  });
});
