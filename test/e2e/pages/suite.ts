import { compare } from './compare';
import { experts } from './experts';
import { model } from './model';
import { startStage } from './panel-stage';
import { report } from './report';
import { training } from './training';

const pages = { training, experts, compare, model, report };

/** Runs the page tests of all panels, or of one. */
export async function runSuite(only: string | undefined): Promise<boolean> {
  const stage = await startStage();
  try {
    for (const [name, test] of Object.entries(pages)) if (only === undefined || only === name) await test(stage);
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.stack : error);
    return false;
  } finally {
    await stage.stop();
  }
}
