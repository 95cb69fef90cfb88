import type { Instance } from '../../architecture/component';
import type { Maker } from '../../architecture/make-instance';
import type { ConfigReader } from './config-reader';

export interface RopeOptions {
  /** Base of the class where the file has none. */
  readonly theta?: number;
  /** Rotated share of the class where the file has none; left out for classes that rotate whole heads whatever is said. */
  readonly fraction?: number;
  /** Entry of `rope_parameters` where it has one per type of layer. */
  readonly layerType?: string;
  /** The flat key of the base for this type of layer. */
  readonly thetaKey?: string;
  /** This type of layer is not stretched by a flat `rope_scaling`. */
  readonly unscaled?: boolean;
  /** The rotated share follows from other keys, whatever is said of it. */
  readonly fractionFollows?: boolean;
  /** Neighbouring dimensions turn together. */
  readonly interleaved?: boolean;
}

/**
 * Rotary positions, in the spelling of transformers 5 (`rope_parameters`, flat or one entry per type of layer) or the older
 * one (`rope_theta` and `rope_scaling`).
 */
export function readRope(config: ConfigReader, make: Maker, options: RopeOptions = {}): Instance {
  const { theta = 10_000, layerType, thetaKey = 'rope_theta', unscaled = false, interleaved = false } = options;
  // The older spelling wins where both are there, as in transformers.
  const flat = config.inner('rope_scaling');
  const outer = flat ?? config.inner('rope_parameters');
  const own = layerType === undefined ? null : (outer?.inner(layerType) ?? null);
  const parameters = own ?? outer;
  const scaled = own !== null || !unscaled;
  // Flat bases are bases of every type of layer that has no key of its own.
  const flatTheta = config.optionalReal(thetaKey);
  const base =
    (own ?? (layerType === undefined || thetaKey === 'rope_theta' ? outer : null))?.optionalReal('rope_theta') ??
    flatTheta ??
    theta;
  const fraction = options.fraction === undefined ? 1 : readFraction(config, parameters, options.fraction);
  if (options.fraction === undefined && !options.fractionFollows) noPartial(parameters);
  const scaling = scaled && parameters !== null ? readScaling(config, parameters, make) : make('scaling.none');
  return make('position.rope', { theta: base, fraction, interleaved, scaling });
}

/** The share of each head that is rotated; said twice by transformers 5. */
function readFraction(config: ConfigReader, parameters: ConfigReader | null, standard: number): number {
  const flat = config.optionalReal('partial_rotary_factor');
  return parameters?.optionalReal('partial_rotary_factor') ?? flat ?? standard;
}

/** A share of 1 is what these classes do anyway; others stay unread and are warned of. */
function noPartial(parameters: ConfigReader | null): void {
  if (parameters?.has('partial_rotary_factor') && parameters.optionalReal('partial_rotary_factor') !== 1) {
    parameters.warn('`partial_rotary_factor` is not used by this class in transformers, and left out.');
  }
}

function readScaling(config: ConfigReader, parameters: ConfigReader, make: Maker): Instance {
  const type = parameters.has('rope_type')
    ? parameters.word('rope_type')
    : parameters.has('type')
      ? parameters.word('type')
      : 'default';
  parameters.ignore(['rope_type', 'type', 'rope_theta']);
  switch (type) {
    case 'default':
    case 'original':
      return make('scaling.none');
    case 'linear':
      return make('scaling.linear', { factor: parameters.real('factor') });
    case 'llama3':
      return make('scaling.llama3', {
        factor: parameters.real('factor'),
        low: parameters.real('low_freq_factor'),
        high: parameters.real('high_freq_factor'),
        original: readOriginal(config, parameters),
      });
    case 'yarn':
      return readYarn(config, parameters, make);
    default:
      parameters.warn(`Rotary scaling of the type "${type}" is not known here; the wavelengths are left as they are.`);
      return make('scaling.none');
  }
}

const readOriginal = (config: ConfigReader, parameters: ConfigReader): number =>
  parameters.optionalWhole('original_max_position_embeddings') ??
  config.optionalWhole('original_max_position_embeddings') ??
  config.whole('max_position_embeddings');

function readYarn(config: ConfigReader, parameters: ConfigReader, make: Maker): Instance {
  const original = readOriginal(config, parameters);
  const factor = parameters.optionalReal('factor') ?? config.whole('max_position_embeddings') / original;
  // Zero is taken for missing, as in transformers.
  const betaFast = parameters.optionalReal('beta_fast') || 32;
  const betaSlow = parameters.optionalReal('beta_slow') || 1;
  return make('scaling.yarn', {
    factor,
    original,
    beta_fast: betaFast,
    beta_slow: betaSlow,
    attention_factor: readAttentionFactor(parameters, factor),
    mscale: parameters.optionalReal('mscale') || null,
    mscale_all_dim: parameters.optionalReal('mscale_all_dim') || null,
    truncate: parameters.has('truncate') ? parameters.flag('truncate') : true,
  });
}

/** Factor on cosines and sines; `null` for the usual one, 0.1 ln(factor) + 1. */
function readAttentionFactor(parameters: ConfigReader, factor: number): number | null {
  const written = parameters.optionalReal('attention_factor');
  const isUsual = written !== null && Math.abs(written - usualAttentionFactor(factor)) <= 1e-12;
  return isUsual && !parameters.has('mscale') ? null : written;
}

/** 0.1 ln(factor) + 1. */
export const usualAttentionFactor = (factor: number): number => (factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1);
