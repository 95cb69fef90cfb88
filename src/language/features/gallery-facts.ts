import { costsOf } from '../../architecture/costs';
import { formatCount } from '../../base/format';
import { analyze } from '../analysis/analyze';

/** What a file of the gallery is, in a line. */
export interface GalleryFacts {
  /** The file without its ending: `gemma-3-1b`. */
  readonly file: string;
  /** Its first model: `gemma_3_1b`. */
  readonly model: string;
  /** As people call it: `Gemma 3 1B`. */
  readonly title: string;
  /** The first sentence about it. */
  readonly idea: string;
  readonly total: number;
  readonly active: number;
}

/** Reads the facts of a gallery file; `null` where it holds no model. */
export function galleryFacts(file: string, text: string): GalleryFacts | null {
  const spec = analyze(text).file.models[0]?.spec;
  if (spec === undefined) return null;
  const { total, active } = costsOf(spec);
  const about = aboutOf(text);
  const colon = about.indexOf(': ');
  const title = colon < 0 ? file : about.slice(0, colon).replace(/ \(.*\)$/, '');
  const idea = firstSentence(colon < 0 ? about : about.slice(colon + 2));
  return { file, model: spec.name, title, idea, total, active };
}

/** `1 B parameters`, or `235 B parameters, 22.2 B active`. */
export const sizeOf = ({ total, active }: GalleryFacts): string =>
  `${formatCount(total)} parameters${active === total ? '' : `, ${formatCount(active)} active`}`;

/** The file that somebody means by a name: that of the file, of the model or the title, however it is spelled. */
export function findInGallery(name: string, gallery: readonly GalleryFacts[]): GalleryFacts | undefined {
  const wanted = lettersOf(name);
  return gallery.find(({ file, model, title }) => [file, model, title].some(each => lettersOf(each) === wanted));
}

const lettersOf = (name: string): string => name.toLowerCase().replaceAll(/\.supra$|[^a-z0-9]/g, '');

/** The comment at the top. */
function aboutOf(text: string): string {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('#')) break;
    lines.push(line.replace(/^#\s*/, '').trimEnd());
  }
  return lines.join(' ');
}

/** Up to the first point or semicolon that ends something: numbers and names have points, too. */
function firstSentence(text: string): string {
  const end = text.search(/[.;:](?: |$)/);
  const sentence = (end < 0 ? text : text.slice(0, end)).trim();
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
