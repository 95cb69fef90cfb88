/** Milliseconds to wait for an answer before asking again; the last is repeated. A host on a busy machine may need seconds. */
const waitsMs = [1000, 2000, 4000, 8000];

/**
 * Asks at once, and again ever later until the returned function is called: the first question may come before the other
 * side listens, or its answer before this one does, and then nobody would ever say anything.
 */
export function askUntilAnswered(ask: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const askAgain = (asked: number) => {
    ask();
    timer = setTimeout(() => askAgain(asked + 1), waitsMs[Math.min(asked, waitsMs.length - 1)]);
  };
  askAgain(0);
  return () => clearTimeout(timer);
}
