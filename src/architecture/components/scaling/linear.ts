import { defineComponent } from '../../component';
import { number } from '../../fields';

/** How many times longer the context becomes. Shared by every scaling. */
export const factorField = number({
  doc: 'How many times longer the context becomes.',
  min: 1,
  suggestions: [2, 4, 8, 32],
});

export const linearScaling = defineComponent({
  slot: 'scaling',
  word: 'linear',
  title: 'Linear scaling',
  doc: 'Divides every position by the factor (position interpolation).',
  paper: {
    title: 'Extending Context Window of Large Language Models via Positional Interpolation (Chen et al., 2023)',
    url: 'https://arxiv.org/abs/2306.15595',
  },
  example: 'position rope { scaling linear { factor = 8 } }',
  fields: { factor: factorField },
});
