import { element } from './dom.js';

export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly className?: string;
}

/** Figures that come first, each under its name. */
export function tileList(tiles: readonly Tile[]): HTMLElement {
  return element(
    'dl',
    'tiles',
    ...tiles.map(({ name, value, className = '' }) =>
      element('div', `tile ${className}`, element('dt', '', name), element('dd', '', value)),
    ),
  );
}
