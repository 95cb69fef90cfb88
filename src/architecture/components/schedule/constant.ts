import { defineComponent } from '../../component';
import { number } from '../../fields';

/** How long the learning rate rises. Shared by every schedule. */
export const warmupField = number({
  doc: 'Linear rise from 0 to the peak: below 1 (or with %) a share of the run, from 1 on a number of steps.',
  unit: 'share-or-steps',
  default: 0.02,
  min: 0,
});

export const constantSchedule = defineComponent({
  slot: 'schedule',
  word: 'constant',
  title: 'Constant',
  doc: 'The peak learning rate after the warm-up.',
  example: 'schedule constant { warmup = 100 }',
  fields: { warmup: warmupField },
});
