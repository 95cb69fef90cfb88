/** Every command of the extension. package.json lists the same, and a test holds that; nothing else names a command id. */

export interface CommandRow {
  readonly id: `supra.${string}`;
  /** As in the palette, after "Supra: ". */
  readonly title: string;
  /** A product icon, for buttons. */
  readonly icon?: `$(${string})`;
  /** When it can be called. */
  readonly enablement?: string;
  /** Not in the palette: it needs a run that was pointed at. */
  readonly hidden?: true;
}

const row = <const Row extends CommandRow>(definition: Row): Row => definition;

export const commands = {
  newModel: row({ id: 'supra.newModel', title: 'New Model…', icon: '$(new-file)' }),
  openArchitecture: row({ id: 'supra.openArchitecture', title: 'Open Architecture…', icon: '$(library)' }),
  importConfig: row({ id: 'supra.importConfig', title: 'Import Hugging Face config.json…' }),
  showArchitecture: row({ id: 'supra.showArchitecture', title: 'Show Architecture', icon: '$(type-hierarchy)' }),
  trainModel: row({ id: 'supra.trainModel', title: 'Train Model', icon: '$(play)' }),
  compareRuns: row({ id: 'supra.compareRuns', title: 'Compare Runs', icon: '$(graph-line)' }),
  showRun: row({ id: 'supra.showRun', title: 'Show Training', icon: '$(graph)' }),
  pauseRun: row({ id: 'supra.pauseRun', title: 'Pause Run', icon: '$(debug-pause)' }),
  resumeRun: row({ id: 'supra.resumeRun', title: 'Resume Run', icon: '$(debug-continue)' }),
  stopRun: row({ id: 'supra.stopRun', title: 'Stop Run', icon: '$(debug-stop)' }),
  renameRun: row({ id: 'supra.renameRun', title: 'Rename Run…' }),
  deleteRun: row({ id: 'supra.deleteRun', title: 'Delete Run…', icon: '$(trash)' }),
  openRunSpec: row({ id: 'supra.openRunSpec', title: 'Open Model of Run' }),
  openRunFolder: row({ id: 'supra.openRunFolder', title: 'Open Folder of Run' }),
  exportRun: row({ id: 'supra.exportRun', title: 'Export Run…', icon: '$(export)' }),
  diffRuns: row({ id: 'supra.diffRuns', title: 'Compare Models of Two Runs', icon: '$(diff)' }),
  refreshRuns: row({ id: 'supra.refreshRuns', title: 'Refresh Runs', icon: '$(refresh)', hidden: true }),
  openSelectedRun: row({ id: 'supra.openSelectedRun', title: 'Open Selected Run', hidden: true }),
  toggleInlayHints: row({ id: 'supra.toggleInlayHints', title: 'Toggle Parameter Hints' }),
  showCosts: row({ id: 'supra.showCosts', title: 'Show Costs of Model', enablement: 'editorLangId == supra' }),
  doctor: row({ id: 'supra.doctor', title: 'Doctor' }),
  benchmark: row({ id: 'supra.benchmark', title: 'Benchmark This Machine' }),
  restartServer: row({ id: 'supra.restartServer', title: 'Restart Language Server' }),
} as const;

export type CommandName = keyof typeof commands;
