import { defineComponent } from '../../component';
import { warmupField } from './constant';
import { floorField } from './linear';

export const cosineSchedule = defineComponent({
  slot: 'schedule',
  word: 'cosine',
  title: 'Cosine decay',
  doc: 'Half a cosine from the peak to the floor.',
  paper: {
    title: 'SGDR: Stochastic Gradient Descent with Warm Restarts (Loshchilov and Hutter, 2017)',
    url: 'https://arxiv.org/abs/1608.03983',
  },
  example: 'schedule cosine { warmup = 2%  floor = 10% }',
  fields: { warmup: warmupField, floor: floorField },
});
