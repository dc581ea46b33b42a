/** What an agent asked for can't be answered. The message says why and what to do. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
}
