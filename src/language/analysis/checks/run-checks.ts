import type { Problem } from '../problem';
import type { ResolvedFile } from '../resolved';
import { activationUnlikeFamily } from './activation-unlike-family';
import { averageLongerThanRun } from './average-longer-than-run';
import { batchLargerThanData } from './batch-larger-than-data';
import { betasOutOfOrder } from './betas-out-of-order';
import { budgetMissed } from './budget-missed';
import { type Check, type Facts, noFacts } from './check';
import { chunkWithoutEffect } from './chunk-without-effect';
import { chunksNeverJoined } from './chunks-never-joined';
import { clampWithoutGate } from './clamp-without-gate';
import { deepAndNarrow } from './deep-and-narrow';
import { emaOverWholeRun } from './ema-over-whole-run';
import { embeddingOverHalf } from './embedding-over-half';
import { expertsNotDividingGroups } from './experts-not-dividing-groups';
import { groupsNotDividingHeads } from './groups-not-dividing-heads';
import { headsNotDividingHidden } from './heads-not-dividing-hidden';
import { hybridWithoutAttention } from './hybrid-without-attention';
import { indexerWithoutEffect } from './indexer-without-effect';
import { kvHeadsNotDividingHeads } from './kv-heads-not-dividing-heads';
import { latentWithoutSaving } from './latent-without-saving';
import { learnedPositionInLayer } from './learned-position-in-layer';
import { learningRateOutOfRange } from './learning-rate-out-of-range';
import { memoryAboveMachine } from './memory-above-machine';
import { negligibleCacheSaving } from './negligible-cache-saving';
import { noPositionAnywhere } from './no-position-anywhere';
import { noWarmup } from './no-warmup';
import { notExportable } from './not-exportable';
import { oddRotaryDims } from './odd-rotary-dims';
import { scaleWithoutSigmoid } from './scale-without-sigmoid';
import { scalingShortOfContext } from './scaling-short-of-context';
import { scalingWithoutLongerContext } from './scaling-without-longer-context';
import { sinksBesideGate } from './sinks-beside-gate';
import { smallModelLookingAhead } from './small-model-looking-ahead';
import { softcapBesideQkNorm } from './softcap-beside-qk-norm';
import { startOtherTokenizer } from './start-other-tokenizer';
import { startReadOtherwise } from './start-read-otherwise';
import { startUnlikeModel } from './start-unlike-model';
import { startUnusable } from './start-unusable';
import { starvedExperts } from './starved-experts';
import { stateLargerThanCache } from './state-larger-than-cache';
import { tokensPerParameter } from './tokens-per-parameter';
import { topKAboveExperts } from './top-k-above-experts';
import { unbalancedExperts } from './unbalanced-experts';
import { vocabularyMismatch } from './vocabulary-mismatch';
import { warmupLongerThanRun } from './warmup-longer-than-run';
import { widthNotMultipleOf8 } from './width-not-multiple-of-8';
import { windowWithoutEffect } from './window-without-effect';
import { windowsShortOfContext } from './windows-short-of-context';

/** Every rule. */
export const checks: readonly Check[] = [
  headsNotDividingHidden,
  kvHeadsNotDividingHeads,
  oddRotaryDims,
  learnedPositionInLayer,
  groupsNotDividingHeads,
  noPositionAnywhere,
  hybridWithoutAttention,
  stateLargerThanCache,
  windowWithoutEffect,
  negligibleCacheSaving,
  deepAndNarrow,
  embeddingOverHalf,
  widthNotMultipleOf8,
  vocabularyMismatch,
  warmupLongerThanRun,
  learningRateOutOfRange,
  tokensPerParameter,
  batchLargerThanData,
  memoryAboveMachine,
  topKAboveExperts,
  expertsNotDividingGroups,
  starvedExperts,
  scaleWithoutSigmoid,
  clampWithoutGate,
  unbalancedExperts,
  latentWithoutSaving,
  indexerWithoutEffect,
  smallModelLookingAhead,
  sinksBesideGate,
  softcapBesideQkNorm,
  chunkWithoutEffect,
  chunksNeverJoined,
  windowsShortOfContext,
  scalingWithoutLongerContext,
  scalingShortOfContext,
  activationUnlikeFamily,
  noWarmup,
  averageLongerThanRun,
  emaOverWholeRun,
  betasOutOfOrder,
  startUnusable,
  startUnlikeModel,
  startReadOtherwise,
  startOtherTokenizer,
  notExportable,
  budgetMissed,
];

/** Runs every rule over a file. */
export function runChecks(file: ResolvedFile, facts: Facts = noFacts): readonly Problem[] {
  const known = lookingOnce(facts);
  return saidOnce(checks.flatMap(check => check(file, known)));
}

/** A layer copied with `from` can raise the same doubt twice at one place; it is said once. */
export function saidOnce(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ code, start, end }) => {
    const key = `${code} ${start} ${end}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Several rules ask for the same start, and looking costs reading files. */
export function lookingOnce(facts: Facts): Facts {
  const seen = new Map<string, Map<unknown, ReturnType<Facts['startOf']>>>();
  const startOf: Facts['startOf'] = (start, model) => {
    const found = seen.get(start) ?? new Map();
    seen.set(start, found);
    if (!found.has(model)) found.set(model, facts.startOf(start, model));
    return found.get(model) ?? null;
  };
  return { ...facts, startOf };
}
