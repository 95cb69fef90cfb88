import * as v from 'valibot';

/**
 * What crosses a webview border: a message with the version of its border. A panel restored from before an update of
 * the extension, or anything else that reaches `window.postMessage`, is refused instead of half understood.
 */
export interface Envelope<Message> {
  readonly version: number;
  readonly message: Message;
}

/** Puts a message into an envelope. */
export const seal = <Message>(version: number, message: Message): Envelope<Message> => ({ version, message });

export interface Opened<Message> {
  readonly value: Message | null;
  readonly problems: readonly string[];
}

/** Takes a message out of an envelope that came from the other side. Never throws. */
export function open<Schema extends v.GenericSchema>(
  schema: Schema,
  version: number,
  received: unknown,
): Opened<v.InferOutput<Schema>> {
  const envelope = v.safeParse(envelopeSchema, received);
  if (!envelope.success) return { value: null, problems: ['Expected { version, message }.'] };
  if (envelope.output.version !== version)
    return { value: null, problems: [`Expected version ${version}, got ${envelope.output.version}.`] };
  const message = v.safeParse(schema, envelope.output.message);
  if (message.success) return { value: message.output, problems: [] };
  return {
    value: null,
    problems: message.issues.map(issue => `${v.getDotPath(issue) ?? 'message'}: ${issue.message}`),
  };
}

const envelopeSchema = v.object({ version: v.number(), message: v.unknown() });
