import type { Span } from '../../base/text';
import type { Analysed } from './analysed';

/** The text of a piece of a file on one line. */
export const sourceOf = ({ text }: Pick<Analysed, 'text'>, { start, end }: Span): string =>
  text.slice(start, end).replace(/\s+/g, ' ').trim();
