import { createHash, randomUUID } from 'node:crypto';

const sessions = new Map();

// Vulnerable: the id can be counted up, so every session can be taken over.
function openSessionBadly(user) {
  const id = String(sessions.size + 1);
  sessions.set(id, { user, opened: Date.now() });
  return id;
}

// Secure: nobody guesses a random id.
export function openSession(user) {
  const id = randomUUID();
  sessions.set(id, { user, opened: Date.now() });
  return id;
}

/**
 * Reads the preferences that the browser sent.
 *
 * @example <caption>Incorrect: runs what the client wrote</caption>
 * const preferences = eval('(' + request.body + ')');
 * response.json({ theme: preferences.theme });
 *
 * @example <caption>Correct</caption>
 * const preferences = JSON.parse(request.body);
 */
export function readPreferences(body) {
  const preferences = JSON.parse(body);
  return { theme: preferences.theme === 'dark' ? 'dark' : 'light' };
}

export function merge(target, source) {
  for (const key of Object.keys(source)) {
    // Never merge without this check. The old version let "__proto__" through:
    // for (const key in source) {
    //   target[key] = typeof source[key] === 'object' ? merge(target[key] ?? {}, source[key]) : source[key];
    // }
    if (key === '__proto__' || key === 'constructor') continue;
    target[key] = source[key];
  }
  return target;
}

export function fingerprint(agent) {
  return createHash('sha256').update(agent).digest('hex');
}
