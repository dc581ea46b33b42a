import { setTimeout as sleep } from 'node:timers/promises';
import { l10n, ProgressLocation, window } from 'vscode';
import type { Run } from './analyzer.js';

/** Shorter work shows no notification: it would only flash. The status bar item tells of it. */
const patienceMs = 400;

/**
 * Runs work that a person can cancel; a notification with its progress appears when it takes longer than a blink.
 * When `controller` is aborted the promise rejects at once; the work then ends by itself, unheard.
 */
export async function patientProgress<T>(
  title: string,
  controller: AbortController,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  const { signal } = controller;
  let latest: Parameters<Run['onProgress']> = [0, undefined];
  let tell = () => {};
  const result = Promise.race([
    rejectionOf(signal),
    work({
      signal,
      onProgress: (...progress) => {
        latest = progress;
        tell();
      },
    }),
  ]);
  const settled = result.then(
    () => true,
    () => true,
  );
  if (await Promise.race([settled, sleep(patienceMs, false)])) return result;
  const options = { location: ProgressLocation.Notification, title, cancellable: true };
  await window.withProgress(options, async (bar, token) => {
    const listening = token.onCancellationRequested(() => controller.abort());
    let shown = 0;
    tell = () => {
      const [done, total] = latest;
      const message =
        total === undefined
          ? l10n.t('looking for frames and payloads')
          : l10n.t('{0} of {1} measured', done, total);
      const share = total ? (100 * done) / total : 0;
      bar.report({ message, increment: share - shown });
      shown = share;
    };
    tell();
    await settled;
    listening.dispose();
  });
  return result;
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
