import { Command, Option } from 'commander';
import { chooseCheckpoint } from '../../runs/checkpoints';
import { findRun } from '../../runs/run-store';
import { harmless } from '../../runs/terminal-text';
import { CliError } from '../cli-error';
import { positiveNumber, wholeNumber } from '../number-option';
import { print, terminalOf } from '../terminal';

interface SampleOptions {
  readonly prompt?: string;
  readonly tokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly seed: number;
  readonly checkpoint: 'best' | 'last';
}

/** supra sample: lets a trained model write. */
export const sampleCommand = (): Command =>
  new Command('sample')
    .description('let a trained model go on with a text')
    .argument('[run]', 'which run', 'last')
    .option('-p, --prompt <text>', "the beginning (the run's first prompt when left out)")
    .option('-t, --tokens <n>', 'tokens to write', wholeNumber(1), 200)
    .option('--temperature <t>', 'softness of the choice; 0 takes the likeliest token', positiveNumber, 0.8)
    .option('--top-k <k>', 'choose among the k likeliest tokens only', wholeNumber(1))
    .option('--seed <n>', 'start of the random choices', wholeNumber(0), 1)
    .addOption(new Option('--checkpoint <which>', 'which weights').choices(['best', 'last']).default('best'))
    .action(async (wanted: string, options: SampleOptions) => {
      const { folder, id, record } = findRun(process.cwd(), wanted);
      const checkpoint = chooseCheckpoint({ folder, record }, options.checkpoint);
      if (checkpoint === undefined)
        throw new CliError(`${id} has no checkpoint yet. Train it further: supra resume ${id}`);

      const { useBackend } = await import('../../engine/backends/choose-backend');
      const { createModel } = await import('../../engine/model');
      const { generate } = await import('../../engine/generate');
      const { loadModelWeights } = await import('../../training/engine-learner');
      const { loadRunTokenizer } = await import('../../training/run-tokenizer');
      const { decodeKnown, promptTokens } = await import('../../training/sampling');
      const { wantedBackend } = await import('../../training/start-engine');

      await useBackend(wantedBackend());
      const tokenizer = await loadRunTokenizer(folder);
      const model = createModel(record.spec.model, { seed: record.seed });
      await loadModelWeights(model, checkpoint.path);
      const { paint } = terminalOf();
      const prompt = options.prompt ?? record.spec.train.prompts[0] ?? '';
      process.stdout.write(paint('bold', prompt));
      // Half characters wait for their other half: only what no longer changes is written.
      const tokens: number[] = [];
      let written = 0;
      const write = (text: string) => {
        process.stdout.write(process.stdout.isTTY ? harmless(text.slice(written)) : text.slice(written));
        written = text.length;
      };
      await generate(model, {
        prompt: promptTokens(tokenizer, prompt),
        tokens: options.tokens,
        temperature: options.temperature,
        topK: options.topK ?? null,
        random: options.seed,
        stop: tokenizer.endOfText,
        onToken(token) {
          tokens.push(token);
          const text = decodeKnown(tokenizer, tokens);
          if (!text.endsWith('\ufffd')) write(text);
        },
      });
      write(decodeKnown(tokenizer, tokens));
      print();
    });
