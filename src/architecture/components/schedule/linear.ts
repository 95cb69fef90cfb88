import { defineComponent } from '../../component';
import { number } from '../../fields';
import { warmupField } from './constant';

/** Where the learning rate ends. Shared by the decaying schedules. */
export const floorField = number({
  doc: 'Learning rate at the end, as a share of the peak.',
  unit: 'fraction',
  default: 0.1,
  min: 0,
  max: 1,
});

export const linearSchedule = defineComponent({
  slot: 'schedule',
  word: 'linear',
  title: 'Linear decay',
  doc: 'A straight line from the peak to the floor.',
  paper: {
    title:
      'Straight to Zero: Why Linearly Decaying the Learning Rate to Zero Works Best for LLMs (Bergsma et al., 2025)',
    url: 'https://arxiv.org/abs/2502.15938',
  },
  example: 'schedule linear { warmup = 2%  floor = 0 }',
  fields: { warmup: warmupField, floor: floorField },
});
