/** A name that the language allows, from a folder or file: `Qwen3-0.6B` becomes `qwen3_0_6b`. */
export function modelNameOf(text: string): string {
  const words = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  if (words === '') return 'model_1';
  return /^[a-z]/.test(words) ? words : `model_${words}`;
}
