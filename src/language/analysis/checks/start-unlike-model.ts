import { problem } from '../problem';
import { type Check, fixValue } from './check';
import { eachStart } from './starts';

/** A run that starts from weights of another model: other counts, other sizes. */
export const startUnlikeModel: Check = (file, facts) =>
  eachStart(file, facts, ({ train, facts: { misfit, title }, place }) => {
    if (misfit === null) return [];
    const { setting, there } = misfit;
    // Settings of the model itself have no place in their name, and can be set from here.
    const own = train.model?.resolved;
    const fixes = own?.settings.has(setting) && setting !== 'layers' ? fixValue(file, own, setting, there) : [];
    return [problem('start-unlike-model', place, { ...misfit, title }, { fixes })];
  });
