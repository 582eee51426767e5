/** Stable codes: programs branch on them, messages are for people. */
export type ErrorCode =
  | 'corrupt' // bytes that break their own format, size or hash
  | 'unsupported' // a version, kind or browser that this build does not know
  | 'invalid_argument' // the caller asked for something that makes no sense
  | 'not_found' // an object, image or model that is not there
  | 'too_large' // beyond a stated limit
  | 'io' // a local file could not be read
  | 'model' // a model that does not load or does not fit its role
  | 'network' // the host did not answer, or not completely
  | 'offline' // as network, while the browser says that there is none
  | 'no_encoder' // the bundle does not carry the model that this query needs
  | 'busy' // another tab does the same
  | 'closed' // the engine was closed
  | 'internal'; // a fault of ours

const codes: ReadonlySet<string> = new Set<ErrorCode>([
  'corrupt',
  'unsupported',
  'invalid_argument',
  'not_found',
  'too_large',
  'io',
  'model',
  'network',
  'offline',
  'no_encoder',
  'busy',
  'closed',
  'internal',
]);

/** Every failure of the package but an abort, which rejects with the signal's own reason. */
export class SightlineError extends Error {
  override readonly name = 'SightlineError';

  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** Any thrown value as a SightlineError; errors of the core keep their code. */
export function toSightlineError(thrown: unknown): SightlineError {
  if (thrown instanceof SightlineError) return thrown;
  const { code, message } = thrown as { code?: unknown; message?: unknown };
  const known = typeof code === 'string' && codes.has(code);
  return new SightlineError(
    known ? (code as ErrorCode) : 'internal',
    typeof message === 'string' ? message : String(thrown),
  );
}

export function isAbort(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError';
}
