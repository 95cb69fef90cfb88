import { runMocha } from './run-mocha';
import { watchWindow } from './window-watch';

/** Entry of the suite: what `extensionTestsPath` names, in VS Code itself and in its server alike. */
export async function run(): Promise<void> {
  watchWindow();
  await runMocha(() => {
    require('./editing.suite');
    require('./import.suite');
    require('./training.suite');
    require('./export.suite');
    require('./refusals.suite');
    require('./log.suite');
  });
}
