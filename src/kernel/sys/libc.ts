/**
 * libc through koffi: the only file that declares C functions. Pointers are passed as
 * `uintptr_t` numbers, so that a call with integers below 2^31 allocates nothing; whatever fails
 * answers `-errno`, as the kernel itself does, and never throws.
 */
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');

type Call = (...args: number[]) => number;
const declare = (prototype: string): Call => libc.func(prototype) as unknown as Call;

const failed = (): number => -koffi.errno();

/** Turns the -1 of libc into `-errno`. */
const check = (result: number): number => (result === -1 ? failed() : result);

const raw = {
  mmap: declare('intptr_t mmap(uintptr_t, size_t, int, int, int, long)'),
  munmap: declare('int munmap(uintptr_t, size_t)'),
  socket: declare('int socket(int, int, int)'),
  socketpair: declare('int socketpair(int, int, int, uintptr_t)'),
  setsockopt: declare('int setsockopt(int, int, int, uintptr_t, uint)'),
  getsockopt: declare('int getsockopt(int, int, int, uintptr_t, uintptr_t)'),
  bind: declare('int bind(int, uintptr_t, uint)'),
  listen: declare('int listen(int, int)'),
  connect: declare('int connect(int, uintptr_t, uint)'),
  accept4: declare('int accept4(int, uintptr_t, uintptr_t, int)'),
  getpeername: declare('int getpeername(int, uintptr_t, uintptr_t)'),
  getsockname: declare('int getsockname(int, uintptr_t, uintptr_t)'),
  recv: declare('long recv(int, uintptr_t, size_t, int)'),
  send: declare('long send(int, uintptr_t, size_t, int)'),
  sendmmsg: declare('int sendmmsg(int, uintptr_t, uint, int)'),
  sendmsg: declare('long sendmsg(int, uintptr_t, int)'),
  recvmsg: declare('long recvmsg(int, uintptr_t, int)'),
  open: declare('int open(uintptr_t, int, int)'),
  read: declare('long read(int, uintptr_t, size_t)'),
  write: declare('long write(int, uintptr_t, size_t)'),
  splice: declare('long splice(int, uintptr_t, int, uintptr_t, size_t, uint)'),
  shutdown: declare('int shutdown(int, int)'),
  close: declare('int close(int)'),
  pipe2: declare('int pipe2(uintptr_t, int)'),
  fcntl: declare('int fcntl(int, int, int)'),
  eventfd: declare('int eventfd(uint, int)'),
  eventfdWrite: declare('int eventfd_write(int, uint64_t)'),
  epollCreate1: declare('int epoll_create1(int)'),
  epollCtl: declare('int epoll_ctl(int, int, int, uintptr_t)'),
  epollWait: declare('int epoll_wait(int, uintptr_t, int, int)'),
  getrlimit: declare('int getrlimit(int, uintptr_t)'),
  setrlimit: declare('int setrlimit(int, uintptr_t)'),
  schedSetaffinity: declare('int sched_setaffinity(int, size_t, uintptr_t)'),
  schedGetaffinity: declare('int sched_getaffinity(int, size_t, uintptr_t)'),
  schedYield: declare('int sched_yield()'),
  exit: declare('void _exit(int)') as unknown as (code: number) => never,
  clockGettime: declare('int clock_gettime(int, uintptr_t)'),
  dup2: declare('int dup2(int, int)'),
  prctl: declare('int prctl(int, uintptr_t, uintptr_t, uintptr_t, uintptr_t)'),
  capget: declare('int capget(uintptr_t, uintptr_t)'),
  capset: declare('int capset(uintptr_t, uintptr_t)'),
  unshare: declare('int unshare(int)'),
  chdir: libc.func('int chdir(str)') as unknown as (path: string) => number,
  chroot: libc.func('int chroot(str)') as unknown as (path: string) => number,
  strerror: libc.func('const char *strerror(int)') as unknown as (errno: number) => string,
  getpwnam: libc.func('uintptr_t getpwnam(str)') as unknown as (name: string) => number,
  getgrnam: libc.func('uintptr_t getgrnam(str)') as unknown as (name: string) => number,
  syscall: declare('long syscall(long, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t)'),
};

/** System calls; each answers its result, or `-errno`. Names and arguments as in section 2. */
export const sys = {
  mmap: (address: number, length: number, protection: number, flags: number, fd: number, offset: number) =>
    check(raw.mmap(address, length, protection, flags, fd, offset)),
  munmap: (address: number, length: number) => check(raw.munmap(address, length)),
  socket: (family: number, type: number, protocol: number) => check(raw.socket(family, type, protocol)),
  socketpair: (family: number, type: number, protocol: number, fds: number) => check(raw.socketpair(family, type, protocol, fds)),
  setsockopt: (fd: number, level: number, option: number, value: number, length: number) =>
    check(raw.setsockopt(fd, level, option, value, length)),
  getsockopt: (fd: number, level: number, option: number, value: number, length: number) =>
    check(raw.getsockopt(fd, level, option, value, length)),
  bind: (fd: number, address: number, length: number) => check(raw.bind(fd, address, length)),
  listen: (fd: number, backlog: number) => check(raw.listen(fd, backlog)),
  connect: (fd: number, address: number, length: number) => check(raw.connect(fd, address, length)),
  accept4: (fd: number, address: number, length: number, flags: number) => check(raw.accept4(fd, address, length, flags)),
  getpeername: (fd: number, address: number, length: number) => check(raw.getpeername(fd, address, length)),
  getsockname: (fd: number, address: number, length: number) => check(raw.getsockname(fd, address, length)),
  recv: (fd: number, address: number, length: number, flags: number) => check(raw.recv(fd, address, length, flags)),
  send: (fd: number, address: number, length: number, flags: number) => check(raw.send(fd, address, length, flags)),
  sendmmsg: (fd: number, messages: number, count: number, flags: number) => check(raw.sendmmsg(fd, messages, count, flags)),
  sendmsg: (fd: number, message: number, flags: number) => check(raw.sendmsg(fd, message, flags)),
  recvmsg: (fd: number, message: number, flags: number) => check(raw.recvmsg(fd, message, flags)),
  /** No file is created: there is no mode. */
  open: (path: number, flags: number) => check(raw.open(path, flags, 0)),
  read: (fd: number, address: number, length: number) => check(raw.read(fd, address, length)),
  write: (fd: number, address: number, length: number) => check(raw.write(fd, address, length)),
  splice: (fdIn: number, fdOut: number, length: number, flags: number) => check(raw.splice(fdIn, 0, fdOut, 0, length, flags)),
  shutdown: (fd: number, how: number) => check(raw.shutdown(fd, how)),
  close: (fd: number) => check(raw.close(fd)),
  pipe2: (fds: number, flags: number) => check(raw.pipe2(fds, flags)),
  fcntl: (fd: number, command: number, argument: number) => check(raw.fcntl(fd, command, argument)),
  eventfd: (initial: number, flags: number) => check(raw.eventfd(initial, flags)),
  eventfdWrite: (fd: number, value: number) => check(raw.eventfdWrite(fd, value)),
  epollCreate1: (flags: number) => check(raw.epollCreate1(flags)),
  epollCtl: (epoll: number, operation: number, fd: number, event: number) => check(raw.epollCtl(epoll, operation, fd, event)),
  epollWait: (epoll: number, events: number, max: number, timeoutMs: number) =>
    check(raw.epollWait(epoll, events, max, timeoutMs)),
  getrlimit: (resource: number, limits: number) => check(raw.getrlimit(resource, limits)),
  setrlimit: (resource: number, limits: number) => check(raw.setrlimit(resource, limits)),
  schedYield: () => raw.schedYield(),
  exit: (code: number) => raw.exit(code),
  schedSetaffinity: (pid: number, length: number, mask: number) => check(raw.schedSetaffinity(pid, length, mask)),
  schedGetaffinity: (pid: number, length: number, mask: number) => check(raw.schedGetaffinity(pid, length, mask)),
  clockGettime: (clock: number, timespec: number) => check(raw.clockGettime(clock, timespec)),
  prctl: (option: number, argument: number) => check(raw.prctl(option, argument, 0, 0, 0)),
  dup2: (fd: number, copy: number) => check(raw.dup2(fd, copy)),
  capget: (header: number, data: number) => check(raw.capget(header, data)),
  capset: (header: number, data: number) => check(raw.capset(header, data)),
  unshare: (flags: number) => check(raw.unshare(flags)),
  chdir: (path: string) => check(raw.chdir(path)),
  chroot: (path: string) => check(raw.chroot(path)),
  strerror: (errno: number) => raw.strerror(errno),
  /** The address of a `struct passwd`, 0 when there is no such user. */
  getpwnam: (name: string) => raw.getpwnam(name),
  /** The address of a `struct group`, 0 when there is no such group. */
  getgrnam: (name: string) => raw.getgrnam(name),
  syscall: (number: number, a: number, b: number, c: number, d: number, e: number, f: number) =>
    check(raw.syscall(number, a, b, c, d, e, f)),
};
