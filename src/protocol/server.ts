import * as v from 'valibot';

/**
 * What the language server and its editor say to each other besides the language server protocol. Every editor can do
 * without: then the docs are found beside the server, nothing is known about the machine, and nothing shows a summary.
 */

/** `initializationOptions` of the server. */
export const serverOptionsSchema = v.object({
  /** Where the pages of docs/ are, as a URI ending in a slash. Left out: the folder beside the server. */
  docs: v.optional(v.string()),
  /** False in a workspace that the user does not trust: then no path of a file is looked up. True when left out. */
  trusted: v.optional(v.boolean()),
});
export type ServerOptions = v.InferOutput<typeof serverOptionsSchema>;

/** The settings that the server pulls: the section `supra` of the configuration. What is missing or wrong is as here. */
export const serverSettingsSchema = v.object({
  /** Show parameters and layers behind the code. */
  inlayHints: v.optional(v.fallback(v.boolean(), true), true),
  /** Show sizes, costs and actions above models and runs. */
  codeLens: v.optional(v.fallback(v.boolean(), true), true),
  /** Severity by problem code, instead of the standard one; errors stay errors. */
  problemSeverity: v.optional(
    v.fallback(
      v.record(v.string(), v.fallback(v.picklist(['off', 'hint', 'info', 'warning', 'error']), 'warning')),
      {},
    ),
    {},
  ),
});
export type ServerSettings = v.InferOutput<typeof serverSettingsSchema>;
export const settingsSection = 'supra';

/** Request from the editor: what the status bar shows about the model at a cursor. The answer is a `Summary` or null. */
export const summaryMethod = 'supra/summary';
const position = v.object({ line: v.number(), character: v.number() });
export const summaryParamsSchema = v.object({ uri: v.string(), position });
export type SummaryParams = v.InferOutput<typeof summaryParamsSchema>;
export const summarySchema = v.nullable(
  v.object({
    model: v.string(),
    /** Exact parameters. */
    total: v.number(),
    /** Parameters that one token uses. */
    active: v.number(),
    layers: v.number(),
    /** Something written is broken: the numbers are near, not exact. */
    approximate: v.boolean(),
    /** How many models the file has. */
    models: v.number(),
    forwardFlopsPerToken: v.number(),
  }),
);
export type Summary = NonNullable<v.InferOutput<typeof summarySchema>>;

/** Notification from the editor: what this machine can do, from a benchmark. Estimates of time and memory follow it. */
export const machineMethod = 'supra/machine';
export const machineSchema = v.object({
  /** Floating-point operations per second while training. */
  flopsPerSecond: v.nullable(v.number()),
  memoryBytes: v.nullable(v.number()),
});
export type MachineMessage = v.InferOutput<typeof machineSchema>;

/**
 * How Node starts the server: what an analysis makes lives for one keystroke, and with room for it (MiB) the garbage
 * collector has no need to copy it about.
 */
export const serverNodeOptions: readonly string[] = ['--max-semi-space-size=32'];

/** Commands that code lenses ask the editor to run, with their arguments. */
export const lensCommands = {
  /** Arguments: the URI of the file, the name of the train block. */
  train: 'supra.trainModel',
  /** Arguments: the URI of the file. */
  compare: 'supra.compareRuns',
  /** Arguments: the URI of the file, the name of the model. */
  draw: 'supra.showArchitecture',
} as const;
