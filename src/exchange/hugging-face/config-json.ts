/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** True for objects, false for lists and null. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** True for lists. */
export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/**
 * Reads JSON as Python writes it: `Infinity` and `NaN` stand bare, or as `{"__float__": "Infinity"}` (transformers 5).
 * Answers with a message when it is no JSON.
 */
export function parseConfigJson(text: string): { readonly value: Json } | { readonly message: string } {
  try {
    return { value: withFloats(JSON.parse(withoutBareFloats(text.replace(/^\ufeff/, ''))) as Json) };
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) };
  }
}

/** Strings are matched, too, so that the words inside them are left alone. */
const stringsAndFloats = /"(?:[^"\\]|\\.)*"|-?\b(?:Infinity|NaN)\b/g;

const withoutBareFloats = (text: string): string =>
  text.replace(stringsAndFloats, found => (found.startsWith('"') ? found : `{"__float__":"${found}"}`));

/** Numbers that JSON has no words for, as transformers 5 writes them. */
export function withFloats(value: Json): Json {
  if (isList(value)) return value.map(withFloats);
  if (!isObject(value)) return value;
  if (typeof value.__float__ === 'string') return Number(value.__float__);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withFloats(inner ?? null)]));
}

/** Keys whose whole numbers transformers 5 refuses: they must be written with a point. */
const floatKeys =
  'attention_value_scale|attn_logit_softcapping|attn_scale|final_logit_softcapping|initializer_range|route_scale|routed_scaling_factor|time_step_min';
const wholeFloats = new RegExp(`("(?:${floatKeys})": -?\\d+)(?=[,\\n])`, 'g');

/** JSON as transformers 5 reads it, two blanks per level. */
export function printConfigJson(config: JsonObject): string {
  const text = JSON.stringify(
    config,
    (_key, value) => (typeof value === 'number' && !Number.isFinite(value) ? { __float__: String(value) } : value),
    2,
  );
  const withPoints = text.replace(wholeFloats, '$1.0').replace(/("time_step_limit": \[\s*\d+)(?=,)/, '$1.0');
  return `${withPoints}\n`;
}
