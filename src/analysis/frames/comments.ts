import type { Span } from '../span.js';

/** One comment as it stands in the code, with its signs. */
export interface SourceComment {
  readonly span: Span;
  readonly kind: 'line' | 'block' | 'docstring';
  /** Nothing but white space stands before it on its line. */
  readonly ownLine: boolean;
}

/** A statement, member or declaration that begins where a comment ends. */
export interface FollowingNode {
  readonly end: number;
  /** A function, class or the like: a comment above it is about all of it. */
  readonly declaration: boolean;
  /** Where the block ends that holds it. */
  readonly scopeEnd: number;
}

/** The outermost node that starts at `offset`; `undefined` where none does or the code was not parsed. */
export type NodeAt = (offset: number) => FollowingNode | undefined;
