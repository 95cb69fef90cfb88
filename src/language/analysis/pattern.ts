import { printExpression } from '../syntax/printer';
import type { Expression, Word } from '../syntax/tree';
import { asWhole, type Environment, evaluate } from './evaluate';

/** More layers than this are a slip of the finger. */
export const maxLayers = 4096;

/** What a pattern sees: numbers, as every value does, and the layers of its model. */
export interface PatternEnvironment extends Environment {
  readonly hasLayer: (name: string) => boolean;
  /** Says that there is no layer of this name. */
  readonly reportLayer: (word: Word) => void;
}

export interface Expansion {
  /** One word per layer of the stack: the one that put it there. */
  readonly stack: readonly Word[];
  readonly broken: boolean;
}

/** Lays out a pattern: `(local * 5, global) * 2` is five times local, one global, and all that again. */
export function expandPattern(expression: Expression, environment: PatternEnvironment): Expansion {
  let isBroken = false;
  let isTooLong = false;
  const fail: Environment['report'] = (code, span, params, extras) => {
    isBroken = true;
    environment.report(code, span, params, extras);
  };

  const expand = (part: Expression): readonly Word[] => {
    switch (part.kind) {
      case 'word':
        if (environment.hasLayer(part.text)) return [part];
        isBroken = true;
        environment.reportLayer(part);
        return [];
      case 'group':
        return expand(part.value);
      case 'sequence':
        return cut(part.items.flatMap(expand));
      case 'binary':
        if (part.operator === '*') return repeat(part);
        break;
      case 'missing':
        isBroken = true;
        return [];
      default:
    }
    fail('not-a-pattern', part, { text: printExpression(part) });
    return [];
  };

  const repeat = (product: Expression & { kind: 'binary' }): readonly Word[] => {
    // `12 * block` is as clear as `block * 12`.
    const isReversed = holdsLayers(product.right) && !holdsLayers(product.left);
    const [unit, times] = isReversed ? [product.right, product.left] : [product.left, product.right];
    if (holdsLayers(times)) {
      fail('not-a-pattern', product, { text: printExpression(product) });
      return [];
    }
    const layers = expand(unit);
    if (times.kind === 'missing') {
      isBroken = true;
      return layers;
    }
    const count = evaluate(times, { ...environment, report: fail });
    const whole = count === undefined ? undefined : asWhole(count);
    if (count === undefined) {
      isBroken = true;
      return layers;
    }
    if (whole === undefined) {
      const formula = times.kind === 'number' ? undefined : printExpression(times);
      fail('not-whole', times, { name: 'repetitions', value: count, formula });
      return layers;
    }
    if (whole < 1) {
      fail('out-of-range', times, { name: 'repetitions', value: whole, min: 1, max: undefined, exclusiveMin: false });
      return layers;
    }
    const repeated: Word[] = [];
    for (let round = 0; layers.length > 0 && round < whole && repeated.length <= maxLayers; round++)
      repeated.push(...layers);
    return cut(repeated);
  };

  const cut = (layers: readonly Word[]): readonly Word[] => {
    if (layers.length <= maxLayers) return layers;
    if (!isTooLong) fail('too-many-layers', expression, { max: maxLayers });
    isTooLong = true;
    return layers.slice(0, maxLayers);
  };

  const holdsLayers = (part: Expression): boolean => {
    switch (part.kind) {
      case 'word':
        return environment.hasLayer(part.text);
      case 'group':
        return holdsLayers(part.value);
      case 'sequence':
        return true;
      case 'binary':
        return holdsLayers(part.left) || holdsLayers(part.right);
      default:
        return false;
    }
  };

  const stack = expand(expression);
  return { stack, broken: isBroken };
}
