import { defineComponent } from '../../component';

export const noScaling = defineComponent({
  slot: 'scaling',
  word: 'none',
  title: 'No scaling',
  doc: 'Wavelengths as they are.',
  example: 'scaling none',
  fields: {},
});
