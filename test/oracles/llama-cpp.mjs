// Asks llama.cpp, through node-llama-cpp and its prebuilt library, what GGUF files predict.
//
//   node test/oracles/llama-cpp.mjs '{"files": ["model.gguf"], "tokens": [1, 2, 3], "text": "to tokenize"}'
//
// Prints a line of JSON for each file: { probabilities: [[of every token of the vocabulary] behind each of `tokens`], ids: [of the
// text] }; or { unavailable: why } where this machine cannot load the library. A process of its own: a wrong file may abort it.

import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const { files, tokens, text } = JSON.parse(process.argv[2]);

const answer = value => process.stdout.write(`${JSON.stringify(value)}\n`);

/** Only what the package brings along: nothing is downloaded or compiled. */
const loadLibrary = () =>
  getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    maxThreads: 2,
  });

async function predict(llama, modelPath) {
  const model = await llama.loadModel({ modelPath, gpuLayers: 0, useMmap: false });
  const context = await model.createContext({
    contextSize: 64,
    batchSize: 64,
    flashAttention: false,
    // Keys and values as they are, not in half precision.
    experimentalKvCacheKeyType: 'F32',
    experimentalKvCacheValueType: 'F32',
  });
  const questions = tokens.map(token => [token, { generateNext: { probabilities: true } }]);
  const answers = await context.getSequence().controlledEvaluate(questions);
  const probabilities = answers.map(each => {
    const row = [];
    for (const [token, probability] of each.next.probabilities) row[token] = probability;
    return row;
  });
  const ids = [...model.tokenize(text, true)];
  await context.dispose();
  await model.dispose();
  return { probabilities, ids };
}

let llama = null;
try {
  llama = await loadLibrary();
} catch (error) {
  answer({ unavailable: String(error) });
}
if (llama !== null) for (const file of files) answer(await predict(llama, file));
process.exit(0);
