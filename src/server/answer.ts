import type { CancellationToken } from 'vscode-languageserver';
import { offsetAt } from '../base/text';
import type { Analysed } from '../language/features/analysed';
import type { Session } from './session';

interface AboutDocument {
  readonly textDocument: { readonly uri: string };
}
interface AtPosition extends AboutDocument {
  readonly position: { readonly line: number; readonly character: number };
}

/** Makes the handler of a request about a document: nothing for a document that is not open, and never an exception. */
export function answer<Params extends AboutDocument, Result>(
  session: Session,
  what: string,
  empty: Result,
  handler: (analysed: Analysed, params: Params) => Result,
): (params: Params, token?: CancellationToken) => Result {
  return session.guard(
    what,
    (params: Params, token?: CancellationToken) => {
      if (token?.isCancellationRequested) return empty;
      const analysed = session.analysed(params.textDocument.uri);
      return analysed ? handler(analysed, params) : empty;
    },
    empty,
  );
}

/** The same for a request about a place in a document. */
export const answerAt = <Params extends AtPosition, Result>(
  session: Session,
  what: string,
  empty: Result,
  handler: (analysed: Analysed, offset: number, params: Params) => Result,
) =>
  answer<Params, Result>(session, what, empty, (analysed, params) =>
    handler(analysed, offsetAt(analysed.lines, params.position), params),
  );
