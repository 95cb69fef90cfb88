import { llama3Frequency } from '../../../architecture/components/scaling/llama3';
import type { Scaling } from './scaling';

/** Long wavelengths stretched, short ones kept, see `llama3Frequency`. */
export const llama3Frequencies: Scaling<'scaling.llama3'> = (frequencies, config) => ({
  frequencies: frequencies.map(frequency => llama3Frequency(frequency, config)),
  attentionFactor: 1,
});
