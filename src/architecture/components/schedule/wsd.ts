import { defineComponent } from '../../component';
import { choice, number } from '../../fields';
import { warmupField } from './constant';
import { floorField } from './linear';

export const wsdSchedule = defineComponent({
  slot: 'schedule',
  word: 'wsd',
  title: 'Warm-up, stable, decay',
  doc: 'Holds the peak for most of the run, then decays quickly; the stable part can be continued later.',
  paper: {
    title: 'MiniCPM: Unveiling the Potential of Small Language Models (Hu et al., 2024)',
    url: 'https://arxiv.org/abs/2404.06395',
  },
  example: 'schedule wsd { warmup = 2%  decay = 20% }',
  fields: {
    warmup: warmupField,
    floor: floorField,
    decay: number({
      doc: 'Length of the decay at the end: below 1 (or with %) a share of the run, from 1 on a number of steps.',
      unit: 'share-or-steps',
      default: 0.2,
      min: 0,
    }),
    shape: choice({
      doc: 'How it decays.',
      choices: {
        linear: 'a straight line',
        sqrt: '1 - sqrt(progress): fast first (Hagele et al., 2024)',
        cosine: 'half a cosine',
      },
      default: 'linear',
    }),
  },
});
