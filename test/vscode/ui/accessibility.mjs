import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Has axe look at what the panel shows. */
export async function faultless(panel) {
  const handle = await panel.locator('body').elementHandle();
  const frame = await handle.ownerFrame();
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // The page's policy forbids scripts of others; a debugger's evaluation is none.
  await frame.evaluate(axe);
  const violations = await frame.evaluate(async () => {
    const { violations } = await window.axe.run(document.getElementById('panel'));
    return violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 150)} ${failureSummary}`).join('\n')}`,
    );
  });
  assert.deepEqual(violations, []);
}
