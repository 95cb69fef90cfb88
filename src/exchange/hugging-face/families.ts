import { afmoe } from './families/afmoe';
import { deepseekV3, deepseekV32 } from './families/deepseek-v3';
import { gemma2 } from './families/gemma2';
import { gemma3 } from './families/gemma3';
import { glm4Moe } from './families/glm4-moe';
import { gptOss } from './families/gpt-oss';
import { grok } from './families/grok';
import { kimiLinear } from './families/kimi-linear';
import { llama } from './families/llama';
import { llama4 } from './families/llama4';
import { mamba } from './families/mamba';
import { mamba2 } from './families/mamba2';
import { mimoV2Flash } from './families/mimo-v2-flash';
import { minimaxM2 } from './families/minimax-m2';
import { mistral } from './families/mistral';
import { mistral4 } from './families/mistral4';
import { mixtral } from './families/mixtral';
import { nemotronH } from './families/nemotron-h';
import { olmo2 } from './families/olmo2';
import { olmo3 } from './families/olmo3';
import { qwen2 } from './families/qwen2';
import { qwen3 } from './families/qwen3';
import { qwen3Moe } from './families/qwen3-moe';
import { qwen3Next } from './families/qwen3-next';
import { smollm3 } from './families/smollm3';
import type { Family } from './family';

/**
 * Every class of transformers that can be read, and written where transformers has it. A model is written for the first that holds it,
 * so a class stands before those that hold its models among others (Nemotron-H is Mamba-2, too, but cannot generate without attention).
 */
export const families: readonly Family[] = [
  llama,
  mistral,
  mixtral,
  qwen2,
  qwen3,
  qwen3Moe,
  olmo2,
  olmo3,
  gemma2,
  gemma3,
  smollm3,
  glm4Moe,
  minimaxM2,
  gptOss,
  mimoV2Flash,
  afmoe,
  llama4,
  deepseekV3,
  deepseekV32,
  mistral4,
  mamba,
  mamba2,
  nemotronH,
  kimiLinear,
  qwen3Next,
  grok,
];

/** The family of a `model_type`. */
export const familyOf = (modelType: string): Family | undefined =>
  families.find(({ types }) => types.includes(modelType));
