import * as v from 'valibot';
import { offsetAt } from '../base/text';
import { summary } from '../language/features/summary';
import { machineMethod, machineSchema, type Summary, summaryMethod, summaryParamsSchema } from '../protocol/server';
import type { Session } from './session';

/** Requests and notifications that only Supra's own editor sends. */
export function answerSupra(session: Session): void {
  const { connection, guard } = session;

  connection.onRequest(
    summaryMethod,
    guard(
      'Summary',
      (received: unknown): Summary | null => {
        const params = v.safeParse(summaryParamsSchema, received);
        const analysed = params.success ? session.analysed(params.output.uri) : undefined;
        if (!params.success || !analysed) return null;
        return summary(analysed, offsetAt(analysed.lines, params.output.position)) ?? null;
      },
      null,
    ),
  );

  connection.onNotification(
    machineMethod,
    guard(
      'Machine',
      (received: unknown) => {
        const machine = v.safeParse(machineSchema, received);
        if (!machine.success) return;
        session.machine = machine.output;
        session.refresh();
      },
      undefined,
    ),
  );
}
