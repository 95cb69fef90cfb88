import { modelNameOf } from '../model-name';
import { isObject, parseConfigJson } from './config-json';

/** True for a text that looks like a config.json: an object that says which model it is. */
export function looksLikeConfig(text: string): boolean {
  if (!text.trimStart().startsWith('{') || !/"(?:model_type|text_config)"/.test(text)) return false;
  const parsed = parseConfigJson(text);
  return 'value' in parsed && isObject(parsed.value);
}

/** A name for the model of a config.json: what it was loaded from, else its type. */
export function nameInConfig(text: string): string {
  const parsed = parseConfigJson(text);
  const config = 'value' in parsed && isObject(parsed.value) ? parsed.value : {};
  const path = typeof config._name_or_path === 'string' ? config._name_or_path.split(/[\\/]/).at(-1) : '';
  return modelNameOf(path || (typeof config.model_type === 'string' ? config.model_type : ''));
}
