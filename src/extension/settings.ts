/** Every setting of the extension. package.json declares the same, and a test holds that. */

export const settings = {
  inlayHints: {
    key: 'supra.inlayHints',
    type: 'boolean',
    default: true,
    doc: 'Show parameters, shares and numbers of layers behind the code of a model.',
  },
  codeLens: {
    key: 'supra.codeLens',
    type: 'boolean',
    default: true,
    doc: 'Show sizes, costs and actions above models and runs.',
  },
  problemSeverity: {
    key: 'supra.problemSeverity',
    type: 'object',
    default: {},
    doc: 'Severity by problem code, for example { "deep-and-narrow": "off" }. One of off, hint, info, warning, error; errors stay errors.',
  },
  backend: {
    key: 'supra.backend',
    type: 'string',
    default: 'auto',
    doc: 'The engine that trains: auto takes the best that works here (see Supra: Doctor).',
    choices: ['auto', 'native', 'tensorflow', 'fallback'],
  },
  threads: {
    key: 'supra.threads',
    type: 'number',
    default: 0,
    doc: 'Threads that training may use; 0 takes every core.',
  },
} as const;

export type SettingName = keyof typeof settings;
