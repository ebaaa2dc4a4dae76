/**
 * The listening sockets of the runtime API. They are opened while the process may still bind anything;
 * a UNIX socket is bound beside its path and takes the path over in one step once the start has
 * succeeded, so that whoever asks meanwhile is answered by the process before this one. Nobody is
 * accepted here.
 */
import { closeDescriptor } from '../../kernel/descriptors.js';
import { SystemCallError } from '../../kernel/errno.js';
import { adoptListener, openListener } from '../../kernel/listener.js';
import { bindFailure, socketPermissions, tcpOptions } from '../../master/listeners/listeners.js';
import { SocketFile } from '../../master/listeners/socket-file.js';
import { BindError, type BindFailure, StartError } from '../../master/start-error.js';
import type { BindPlan } from '../../plan/plan.js';
import type { RuntimeSocketPlan } from '../../plan/runtime.js';

/** What messages call the frontend that these sockets belong to in HAProxy. */
const PROXY = 'frontend GLOBAL';

/** One that is open. */
export interface RuntimeSocket {
  readonly plan: RuntimeSocketPlan;
  readonly descriptor: number;
  /** null: it has none. */
  readonly file: SocketFile | null;
}

/** All sockets of one runtime API. */
export class RuntimeSockets {
  open: RuntimeSocket[] = [];

  /** Opens them. Throws BindError for all that fail, after it has closed the others. */
  constructor(plans: readonly RuntimeSocketPlan[]) {
    const failures: BindFailure[] = [];
    for (const plan of plans) {
      try {
        this.open.push(openOne(plan));
      } catch (error) {
        if (error instanceof SystemCallError) failures.push(bindFailure(plan.bind, PROXY, error));
        else throw this.abandoned(error);
      }
    }
    if (failures.length > 0) throw this.abandoned(new BindError(failures));
  }

  /** Gives UNIX sockets their names, in place of those that had them. Throws StartError. */
  publish(): void {
    for (const { file, plan } of this.open) file?.publish(plan.bind.origin);
  }

  /** Closes them, and removes the files of those whose names are still theirs. */
  close(): void {
    this.closeSome(() => true);
  }

  /** Closes all but those of the master. */
  closeWorkers(): void {
    this.closeSome(({ plan }) => plan.isMaster !== true);
  }

  private closeSome(closes: (socket: RuntimeSocket) => boolean): void {
    for (const { descriptor, file } of this.open.filter(closes)) {
      closeDescriptor(descriptor);
      file?.remove();
    }
    this.open = this.open.filter((socket) => !closes(socket));
  }

  private abandoned(error: unknown): unknown {
    this.close();
    return error;
  }
}

function openOne(plan: RuntimeSocketPlan): RuntimeSocket {
  const { bind } = plan;
  const { address } = bind;
  if (bind.inheritedFd !== null) return { plan, descriptor: adopt(bind, bind.inheritedFd), file: null };
  const file = address.family === 'unix' && !address.abstract ? new SocketFile(address.path, true) : null;
  const permissions = socketPermissions(bind);
  const tcp = tcpOptions(bind, { keepAlive: null, receiveBuffer: 0, sendBuffer: 0 });
  const descriptor = openListener({
    address: file === null || address.family !== 'unix' ? address : { ...address, path: file.boundAt },
    backlog: bind.backlog,
    reusePort: true,
    v6only: bind.socket.v6only ? true : bind.socket.v4v6 ? false : null,
    ...(tcp && { tcp }),
    permissions,
  });
  file?.bound();
  return { plan, descriptor, file };
}

function adopt({ origin }: BindPlan, fd: number): number {
  try {
    adoptListener(fd);
    return fd;
  } catch (error) {
    throw new StartError(`${origin}: cannot use descriptor ${fd}: ${(error as Error).message}`);
  }
}
