import type { InsideMessage, LayerMessage, PartMessage } from '../../src/protocol/model-panel';
import { withAlpha } from '../shared/color';
import { colorOf, type Theme } from '../shared/theme';

/** What the colours of the drawing stand for: what a part does. */
export type Role = 'vocabulary' | 'attention' | 'recurrence' | 'feed-forward' | 'other';

const roles: Readonly<Record<string, Role>> = {
  embedding: 'vocabulary',
  head: 'vocabulary',
  attention: 'attention',
  mixer: 'recurrence',
  ffn: 'feed-forward',
};
export const roleOf = ({ slot }: Pick<InsideMessage, 'slot'>): Role => roles[slot] ?? 'other';

export const roleNames: Readonly<Record<Role, string>> = {
  vocabulary: 'Embedding and head',
  attention: 'Attention',
  recurrence: 'Recurrence',
  'feed-forward': 'Feed-forward',
  other: 'Norms and the rest',
};

const slots: Readonly<Record<Exclude<Role, 'other'>, number>> = {
  attention: 0,
  'feed-forward': 1,
  vocabulary: 2,
  recurrence: 3,
};

export function roleColor(theme: Theme, role: Role): string {
  return role === 'other' ? theme.muted : colorOf(theme, slots[role]);
}

/** The fill of a block: a tint, so that text on it keeps its contrast. */
export const tint = (theme: Theme, color: string, strength = 1): string =>
  withAlpha(color, (theme.highContrast ? 0.1 : 0.13) * strength);

export const edge = (theme: Theme, color: string): string => (theme.highContrast ? color : withAlpha(color, 0.6));

/** What of a layer mixes tokens, and how far it sees: what the strip of all layers shows. */
export function mixingOf({ branches }: LayerMessage): PartMessage | undefined {
  return branches.map(({ body }) => body).find(body => roleOf(body) === 'attention' || roleOf(body) === 'recurrence');
}

/** A window is drawn lighter than attention to everything. */
export function mixingColor(theme: Theme, body: PartMessage): string {
  const color = roleColor(theme, roleOf(body));
  return body.cache?.growth === 'window' ? withAlpha(color, theme.highContrast ? 0.5 : 0.42) : color;
}
