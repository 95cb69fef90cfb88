import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { modelMessage } from '../../../src/extension/model-message';
import { analyze } from '../../../src/language/analysis/analyze';
import { architectureView } from '../../../src/language/features/architecture-view';
import type { ModelMessage } from '../../../src/protocol/model-panel';
import {
  changeTheme,
  expect,
  frames,
  inked,
  openPanel,
  post,
  resultsFolder,
  type Stage,
  stubOf,
  type ThemeName,
} from './panel-stage';

const shoot = async (page: Page, name: string) => {
  await frames(page, 4);
  await page.screenshot({ path: path.join(resultsFolder, `model-${name}.png`), fullPage: true });
};

/** The last thing that the panel said. */
async function said(page: Page): Promise<Record<string, unknown>> {
  return (await stubOf(page)).sent.at(-1)?.message ?? {};
}

/** What the host sends for a model of a text. */
function messageOf(text: string, name?: string): ModelMessage {
  const { models } = analyze(text).file;
  const model = models.find(candidate => candidate.name === name) ?? models[0];
  const view = model && architectureView(model);
  if (!view) throw new Error(`Expected a model called ${name}.`);
  const reference = { uri: 'file:///models/model.supra', model: view.name };
  return modelMessage(view, { reference, source: 'model.supra', placeOf: ({ start }) => start });
}
const gallery = (file: string): string => readFileSync(`gallery/${file}.supra`, 'utf8');
const show = (model: ModelMessage | null, other: ModelMessage | null = null, choices: readonly string[] = []) => ({
  type: 'show',
  model,
  other,
  reason: model === null ? 'There is no model in this file. Begin one with: model name { }' : '',
  choices,
});

/** The drawn architecture: a pattern, a mixture of experts, a comparison, in every theme and width. */
export async function model(stage: Stage): Promise<void> {
  await patterned(stage);
  await halfTyped(stage);
  await memories(stage);
  await comparison(stage);
}

async function patterned(stage: Stage): Promise<void> {
  console.log('model: a pattern of layers');
  const page = await openPanel(stage, { panel: 'model', width: 1280, height: 1000 });
  await post(page, [show(null)]);
  expect(await page.getByText('There is no model in this file').isVisible(), 'what to do without a model');
  const text = gallery('gemma-3-1b');
  const gemma = messageOf(text);
  await post(page, [show(gemma)]);
  const drawing = page.locator('.figure.drawing').first();
  const words = async () => (await drawing.textContent()) ?? '';
  expect((await words()).includes('× 4'), 'the repeat of the pattern');
  expect(/1\.00 B parameters/.test(await words()), `the size of the model`);
  expect((await inked(page, '.plot canvas')) > 0.003, 'the cache is drawn');
  const kinds = await page.locator('.chart-card').getAttribute('data-kinds');
  expect(kinds === 'local window,global full', `a window and full attention in the chart (${kinds})`);
  await page.mouse.move(5, 5);
  for (const theme of ['dark', 'light', 'hc'] as const satisfies readonly ThemeName[]) {
    await changeTheme(page, theme);
    await shoot(page, `gemma-${theme}`);
  }
  await changeTheme(page, 'dark');

  // The pointer: what a part costs; a click: where it is written.
  const attention = drawing.locator('[data-part="layer global / attention"]');
  await attention.hover({ position: { x: 40, y: 12 } });
  expect((await page.locator('.tip').textContent())?.includes('head_dim') === true, 'all settings beside the pointer');
  await shoot(page, 'gemma-tip');
  await attention.click({ position: { x: 40, y: 12 } });
  const asked = await said(page);
  expect(
    asked.type === 'reveal' && text.slice(Number(asked.place)).startsWith('attention { window = none }'),
    'a click to go to the text of the part',
  );
  // The keyboard.
  await attention.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const typed = await said(page);
  expect(
    typed.type === 'reveal' && text.slice(Number(typed.place)).startsWith('position rope { theta = 1M }'),
    'arrows and Enter to do the same',
  );
  // An edit: the drawing changes and the focus stays.
  const edited = messageOf(text.replace('width = 6912', 'width = 3456'));
  await post(page, [show(edited)]);
  expect((await words()).includes(`${(edited.costs.total / 1e6).toFixed(0)} M parameters`), 'the size after an edit');
  const focused = await page.evaluate(() => document.activeElement?.getAttribute('data-part'));
  expect(focused === 'layer global / attention / position', `the focus stays where it was (${focused})`);
  await post(page, [{ type: 'cursor', place: text.indexOf('ffn geglu') }]);
  expect((await page.locator('.part.current').count()) === 2, 'the part at the cursor is marked in both layers');
  await post(page, [show(gemma)]);

  for (const format of ['svg', 'png'] as const) {
    await page.getByRole('button', { name: format.toUpperCase(), exact: true }).click();
    const message = await said(page);
    const content = String(message.content);
    const file = Buffer.from(content, format === 'png' ? 'base64' : 'utf8');
    const begins = format === 'png' ? file.subarray(1, 4).toString() === 'PNG' : content.startsWith('<?xml');
    expect(message.type === 'savePicture' && begins && file.length > 8000, `the drawing as ${format}`);
    writeFileSync(path.join(resultsFolder, `model-export.${format}`), file);
  }
  for (const width of [420, 700]) {
    await page.setViewportSize({ width, height: 1000 });
    await frames(page, 6);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
    expect(wide, `no sideways scrolling at ${width} pixels`);
    await shoot(page, `gemma-${width}`);
  }
  await page.setViewportSize({ width: 1280, height: 1000 });
  await post(page, [show(messageOf(gallery('glm-4.5')), null, ['glm_4_5', 'tiny_glm_4_5'])]);
  await shoot(page, 'glm');
  await post(page, [show(messageOf(gallery('glm-4.5')), null, ['glm_4_5', 'tiny_glm_4_5'])]);
  await page.locator('.picker vscode-dropdown').click();
  await page.getByRole('option', { name: 'tiny_glm_4_5' }).click();
  const chosen = await said(page);
  expect(chosen.type === 'choose' && chosen.model === 'tiny_glm_4_5', 'another model of the file');
  await page.locator('.treemap-card vscode-dropdown').click();
  await page.getByRole('option', { name: 'Active per token' }).click();
  await shoot(page, 'glm-active');
  const { violations, sent } = await stubOf(page);
  expect(violations.length === 0, `nothing that the security policy refuses ${violations.slice(0, 3).join('; ')}`);
  expect(
    sent.every(({ message }) => message.type !== 'problem'),
    `no problems ${JSON.stringify(sent.filter(({ message }) => message.type === 'problem').slice(0, 2))}`,
  );
  await page.context().close();
}

const inView = (node: Element): boolean => {
  const { top, bottom } = node.getBoundingClientRect();
  return top >= 0 && bottom <= window.innerHeight;
};

/** A text that cannot be drawn while it is typed keeps the last drawing, which says so. */
async function halfTyped(stage: Stage): Promise<void> {
  console.log('model: a half-typed text');
  const page = await openPanel(stage, { panel: 'model', width: 1280, height: 700 });
  const text = gallery('gemma-3-1b');
  const gemma = messageOf(text);
  const notice = page.locator('.notice');
  const spoken = page.locator('[role="status"]');
  await post(page, [show(gemma)]);
  expect(!(await notice.isVisible()), 'no notice beside what is drawn as it is written');
  const shown = page.locator('.figure.drawing').first();
  const before = await shown.boundingBox();
  const reason = 'The drawing of gemma_3_1b is of an earlier text. Line 9: hidden needs a number.';
  await post(page, [{ ...show({ ...gemma, approximate: true }), reason }]);
  expect((await notice.textContent()) === reason && (await notice.isVisible()), 'that the drawing is an earlier one');
  expect((await spoken.allTextContents()).includes(reason), 'it is said aloud');
  const moved = (await shown.boundingBox())?.y !== before?.y;
  expect(!moved && (await notice.evaluate(inView)), 'at the lower edge, where it moves nothing');
  expect((await shown.textContent())?.includes('about 1.00 B') === true, 'the drawing stays');
  const attention = shown.locator('[data-part="layer global / attention"]');
  await attention.click({ position: { x: 40, y: 12 } });
  expect((await said(page)).type === 'reveal', 'and can be clicked');
  expect(await notice.evaluate(inView), 'also when the page is scrolled');
  await page.mouse.move(5, 5);
  await page.evaluate(() => window.scrollTo(0, 0));
  for (const theme of ['light', 'hc', 'dark'] as const satisfies readonly ThemeName[]) {
    await changeTheme(page, theme);
    await frames(page, 4);
    await page.screenshot({ path: path.join(resultsFolder, `model-half-typed-${theme}.png`) });
  }
  await post(page, [show(gemma)]);
  expect(!(await notice.isVisible()), 'the notice goes when the text can be drawn');
  expect(!(await spoken.allTextContents()).includes(reason), 'and can be said aloud again');
  await post(page, [{ ...show(null), reason }]);
  expect(
    !(await notice.isVisible()) && (await page.locator('.empty', { hasText: reason }).isVisible()),
    'without a drawing, one reason',
  );
  await post(page, [{ ...show({ ...gemma, approximate: true }), reason }]);
  await page.setViewportSize({ width: 420, height: 700 });
  await frames(page, 6);
  await page.screenshot({ path: path.join(resultsFolder, 'model-half-typed-420.png') });
  await page.context().close();
}

/** Latent caches and recurrent states are told from keys and values; prediction modules stand apart. */
async function memories(stage: Stage): Promise<void> {
  console.log('model: what is kept, and what serves training only');
  const page = await openPanel(stage, { panel: 'model', width: 1280, height: 1000 });
  const drawing = page.locator('.figure.drawing').first();
  const shots = async (name: string, shown: ReturnType<typeof show>) => {
    await post(page, [shown]);
    await page.mouse.move(5, 5);
    for (const theme of ['light', 'hc', 'dark'] as const satisfies readonly ThemeName[]) {
      await changeTheme(page, theme);
      await shoot(page, `${name}-${theme}`);
    }
    return (await drawing.textContent()) ?? '';
  };
  const latent = await shots('latent', show(messageOf(gallery('deepseek-v3.2'))));
  expect(/latent [\d.]+ KiB\/token/.test(latent), 'a latent cache');
  expect(latent.includes('Prediction module') && latent.includes('training only'), 'a prediction module');
  const hybrid = await shots('hybrid', show(messageOf(gallery('kimi-linear-48b-a3b'))));
  expect(/state [\d.]+ MiB, at any length/.test(hybrid) && hybrid.includes('latent'), 'a state beside a latent cache');
  const kinds = await page.locator('.chart-card').getAttribute('data-kinds');
  expect(kinds?.includes('constant') === true && kinds.includes('latent'), `both in the chart (${kinds})`);
  await shots('pair-hybrid', show(messageOf(gallery('qwen3-next-80b-a3b')), messageOf(gallery('kimi-linear-48b-a3b'))));
  await page.setViewportSize({ width: 420, height: 1000 });
  await post(page, [show(messageOf(gallery('mimo-v2-flash')))]);
  await frames(page, 6);
  await shoot(page, 'modules-420');
  const { violations, sent } = await stubOf(page);
  expect(violations.length === 0, `nothing that the security policy refuses ${violations.slice(0, 3).join('; ')}`);
  expect(
    sent.every(({ message }) => message.type !== 'problem'),
    'no problems',
  );
  await page.context().close();
}

async function comparison(stage: Stage): Promise<void> {
  console.log('model: two models');
  const page = await openPanel(stage, { panel: 'model', width: 1280, height: 1000 });
  const [gemma, llama] = [messageOf(gallery('gemma-3-1b')), messageOf(gallery('llama-3.2-1b'))];
  await post(page, [show(gemma, llama)]);
  expect((await page.locator('.figure.drawing svg').count()) === 2, 'two drawings');
  const table = (await page.locator('table.differences').textContent()) ?? '';
  expect(table.includes('head dim') && table.includes('geglu'), 'settings and components that differ');
  expect(
    (await page.locator('.figure.drawing').first().textContent())?.includes('≠') === true,
    'differences are marked',
  );
  await page.mouse.move(5, 5);
  for (const theme of ['dark', 'light', 'hc'] as const) {
    await changeTheme(page, theme);
    await shoot(page, `pair-${theme}`);
  }
  await changeTheme(page, 'dark');
  await page.getByRole('button', { name: 'Swap' }).click();
  expect((await said(page)).action === 'swap', 'sides that change');
  await page.getByRole('button', { name: 'PNG', exact: true }).click();
  const message = await said(page);
  writeFileSync(path.join(resultsFolder, 'model-pair-export.png'), Buffer.from(String(message.content), 'base64'));
  await page.setViewportSize({ width: 420, height: 1000 });
  await frames(page, 6);
  await shoot(page, 'pair-420');
  const { state, violations } = await stubOf(page);
  expect(violations.length === 0, `nothing that the security policy refuses ${violations.slice(0, 3).join('; ')}`);
  const restored = await openPanel(stage, { panel: 'model', state });
  const ready = (await stubOf(restored)).sent[0]?.message;
  expect(
    JSON.stringify([ready?.model, ready?.other]) === JSON.stringify([gemma.reference, llama.reference]),
    'a restored panel asks for both models',
  );
  await restored.context().close();
  await page.context().close();
}
