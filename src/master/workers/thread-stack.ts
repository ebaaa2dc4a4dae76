/**
 * Where a thread is that does not come back: Node's debugger stops it in the middle of a loop and reads its
 * stack. Nobody else can attach: no port is opened.
 */
import { Session } from 'node:inspector';

/** A loop is interrupted at once; a thread that is in a call of the system, or waits for another one, never is (ms). */
const PATIENCE_MS = 1000;
/** Lines that are told. */
const FRAMES_MAX = 12;

/** What the debugger of a thread says (Chrome DevTools Protocol, domain Debugger); as far as it is read. */
interface Said {
  readonly method?: string;
  readonly params?: { readonly callFrames?: readonly Frame[]; readonly scriptId?: string; readonly url?: string };
}

interface Frame {
  readonly functionName: string;
  /** Both from 0. */
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number };
}

/** Lines as in the `stack` of an Error; `urls` are those of scripts, by their numbers. */
function stackText(frames: readonly Frame[], urls: ReadonlyMap<string, string>): string {
  return frames
    .slice(0, FRAMES_MAX)
    .map(({ functionName, location: { scriptId, lineNumber, columnNumber } }) => {
      const place = `${urls.get(scriptId) ?? 'unknown'}:${lineNumber + 1}:${columnNumber + 1}`;
      return functionName === '' ? `    at ${place}` : `    at ${functionName} (${place})`;
    })
    .join('\n');
}

/**
 * The stack of another thread of this process; null when it cannot be told. The thread goes on afterwards.
 * @param threadId as `Worker.threadId`
 */
export async function stackOfThread(threadId: number): Promise<string | null> {
  const session = new Session();
  session.connect();
  try {
    return await new Promise((resolve) => {
      const late = setTimeout(() => resolve(null), PATIENCE_MS);
      interrupt(session, threadId, (stack) => {
        clearTimeout(late);
        resolve(stack);
      });
    });
  } finally {
    session.disconnect();
  }
}

function interrupt(session: Session, threadId: number, onStack: (stack: string) => void): void {
  session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
    if (Number(/^\[worker (\d+)\]/.exec(workerInfo.title)?.[1]) !== threadId) return;
    const tell = (id: number, method: string): void =>
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id, method }) });
    const urls = new Map<string, string>();
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      if (params.sessionId !== sessionId) return;
      const { method, params: said = {} } = JSON.parse(params.message) as Said;
      const { scriptId, url, callFrames } = said;
      if (method === 'Debugger.scriptParsed' && scriptId !== undefined && url !== undefined) urls.set(scriptId, url);
      if (method !== 'Debugger.paused') return;
      tell(3, 'Debugger.disable'); // not before: it would call the pause off; and who is held cannot be ended
      onStack(stackText(callFrames ?? [], urls));
    });
    tell(1, 'Debugger.enable');
    tell(2, 'Debugger.pause');
  });
  session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
}
