import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { Command } from 'commander';
import { formatBytes, formatFlops } from '../../base/format';
import { messageOf } from '../../runs/run-error';
import { exitCodes } from '../cli-error';
import { supraRoot, supraVersion } from '../package-info';
import { alignColumns, print, terminalOf } from '../terminal';

/** supra doctor: what this machine has, which engine is used and why. */
export const doctorCommand = (): Command =>
  new Command('doctor')
    .description('say what this machine has, which engine is used, and why')
    .option('--benchmark', 'measure how fast each engine trains here, two seconds each')
    .option('--json', 'print it as JSON')
    .action(async (options: { benchmark?: boolean; json?: boolean }) => {
      const { listBackends, useBackend } = await import('../../engine/backends/choose-backend');
      const { benchmarkMachine } = await import('../../engine/benchmark');
      const { wantedBackend } = await import('../../training/start-engine');
      const { paint } = terminalOf();
      const reports = listBackends();
      const speeds = new Map<string, number>();
      if (options.benchmark) {
        for (const { id, available } of reports) {
          if (!available) continue;
          speeds.set(id, (await benchmarkMachine(await useBackend(id))).flopsPerSecond);
        }
      }
      const chosen = await useBackend(wantedBackend()).catch((error: unknown) => messageOf(error));
      const facts = [
        ['supra', `${supraVersion()} in ${supraRoot()}`],
        ['node', `${process.versions.node} (${process.execPath})`],
        ['platform', `${process.platform} ${process.arch}`],
        ['processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} threads`],
        ['memory', `${formatBytes(totalmem())}, ${formatBytes(freemem())} free`],
      ] as const;
      if (options.json) {
        print(
          JSON.stringify(
            {
              ...Object.fromEntries(facts),
              engine: typeof chosen === 'string' ? null : chosen.id,
              reason: typeof chosen === 'string' ? chosen : chosen.reason,
              engines: reports.map(report => ({ ...report, flopsPerSecond: speeds.get(report.id) ?? null })),
            },
            null,
            2,
          ),
        );
      } else {
        for (const line of alignColumns(facts)) print(line);
        print();
        for (const { id, available, reason, details } of reports) {
          const mark = available ? paint('green', 'yes') : paint('yellow', 'no ');
          print(`${mark} ${paint('bold', id)}  ${reason}`);
          const rows = details.map(({ name, value }) => [name, value]);
          const speed = speeds.get(id);
          if (speed !== undefined)
            rows.push(['training speed', `${formatFlops(speed, '/s')} (a small model, two seconds)`]);
          for (const line of alignColumns(rows)) print(`      ${line}`);
        }
        print();
        print(typeof chosen === 'string' ? chosen : `Used here: ${chosen.reason}`);
      }
      if (typeof chosen === 'string') process.exitCode = exitCodes.couldNotRun;
    });
