import type { AnyComponent } from '../../architecture/component';
import type { Field, Fields } from '../../architecture/fields';
import { isComputed } from '../../architecture/fields';
import { languageNumber, languageValue } from './wording';

/** The text that writes a setting, with its value as a place to type at. */
export const settingSnippet = (name: string, field: Field, place = 1): string =>
  `${name} = ${valueSnippet(field, place)}`;

/** A place to type a value at, filled with what is likeliest. */
export function valueSnippet(field: Field, place: number): string {
  switch (field.kind) {
    case 'boolean':
      // Nobody writes down a default: the other value is meant.
      return field.default === true ? `\${${place}|false,true|}` : `\${${place}|true,false|}`;
    case 'choice': {
      const words = Object.keys(field.choices);
      const other = words.filter(word => word !== field.default);
      return `\${${place}|${[...other, ...words.filter(word => word === field.default)].join(',')}|}`;
    }
    case 'text':
      return `"\${${place}:${escapeSnippet(typeof field.default === 'string' ? field.default : '')}}"`;
    case 'texts':
      return `["$${place}"]`;
    default:
      return `\${${place}:${escapeSnippet(likelyValue(field))}}`;
  }
}

function likelyValue(field: Field): string {
  if ((field.kind === 'integer' || field.kind === 'number') && field.default === undefined) {
    return field.suggestions?.[0] === undefined ? '' : languageNumber(field.suggestions[0], field.unit);
  }
  if (field.default === undefined) return field.kind === 'pattern' ? 'block * 6' : '';
  if (isComputed(field.default)) return field.default.text;
  if (field.default === null && 'suggestions' in field && field.suggestions?.[0] !== undefined) {
    return languageNumber(field.suggestions[0], field.unit);
  }
  return field.default === null ? '' : languageValue(field.default, field);
}

/** A variant with the settings that it cannot do without: `gqa { heads = ${1:4} }`. */
export function variantSnippet(component: AnyComponent, firstPlace = 1): string {
  const required = requiredFields(component.fields);
  if (required.length === 0) return component.word;
  const settings = required.map(([name, field], index) => settingSnippet(name, field, firstPlace + index));
  return `${component.word} { ${settings.join('  ')} }`;
}

/** Settings without a default. */
export const requiredFields = (fields: Fields): readonly (readonly [name: string, field: Field])[] =>
  Object.entries(fields).filter(([, field]) => field.default === undefined);

export const escapeSnippet = (text: string): string => text.replace(/[$}\\]/g, '\\$&');
