/** The structs that src/kernel reads and writes by hand lie in memory as the C compiler lays them out. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SOCKADDR_MAX, sockaddrBytes, UNIX_PATH_MAX } from '../../src/kernel/address.js';
import { EVENT_DATA_WORD, EVENT_WORDS } from '../../src/kernel/epoll/event-set.js';
import * as options from '../../src/kernel/socket-options.js';
import { BUF_BYTES, BUF_WORDS, TAIL_U16 } from '../../src/kernel/uring/buffer-ring.js';
import { PROBE_ENTRY, PROBE_ENTRY_FLAGS, PROBE_HEADER } from '../../src/kernel/uring/operations.js';
import * as ring from '../../src/kernel/uring/ring.js';
import { evaluate } from './support/compiler.js';

/** C expression to what our code takes it for, in bytes. Numbers stand here where the code has them inline. */
type Layout = Readonly<Record<string, number>>;

const at = (struct: string, member: string) => `offsetof(struct ${struct}, ${member})`;
const size = (struct: string) => `sizeof(struct ${struct})`;

async function holds(layout: Layout): Promise<void> {
  const compiled = await evaluate(Object.keys(layout));
  const seen = Object.fromEntries(Object.keys(layout).map((expression) => [expression, Number(compiled.get(expression))]));
  assert.equal(seen, layout);
}

test('io_uring_sqe', () =>
  holds({
    [size('io_uring_sqe')]: ring.SQE_WORDS * 4,
    [at('io_uring_sqe', 'opcode')]: ring.SQE_OP * 4,
    [at('io_uring_sqe', 'flags')]: ring.SQE_OP * 4 + 1,
    [at('io_uring_sqe', 'ioprio')]: ring.SQE_OP * 4 + 2,
    [at('io_uring_sqe', 'fd')]: ring.SQE_FD * 4,
    [at('io_uring_sqe', 'off')]: ring.SQE_OFF_LOW * 4,
    [`${at('io_uring_sqe', 'off')} + 4`]: ring.SQE_OFF_HIGH * 4,
    [at('io_uring_sqe', 'addr2')]: ring.SQE_OFF_LOW * 4, // connect's length of the address
    [at('io_uring_sqe', 'addr')]: ring.SQE_ADDR_LOW * 4,
    [`${at('io_uring_sqe', 'addr')} + 4`]: ring.SQE_ADDR_HIGH * 4,
    [at('io_uring_sqe', 'len')]: ring.SQE_LEN * 4,
    [at('io_uring_sqe', 'msg_flags')]: ring.SQE_OP_FLAGS * 4,
    [at('io_uring_sqe', 'accept_flags')]: ring.SQE_OP_FLAGS * 4,
    [at('io_uring_sqe', 'poll32_events')]: ring.SQE_OP_FLAGS * 4,
    [at('io_uring_sqe', 'user_data')]: ring.SQE_USER_LOW * 4,
    [`${at('io_uring_sqe', 'user_data')} + 4`]: ring.SQE_USER_HIGH * 4,
    [at('io_uring_sqe', 'buf_group')]: ring.SQE_BUF_GROUP * 4,
  }));

test('io_uring_cqe', () =>
  holds({
    [size('io_uring_cqe')]: ring.CQE_WORDS * 4,
    [at('io_uring_cqe', 'user_data')]: 0,
    [at('io_uring_cqe', 'res')]: 8,
    [at('io_uring_cqe', 'flags')]: 12,
  }));

test('io_uring_params and the offsets in it', () =>
  holds({
    [size('io_uring_params')]: ring.PARAMS_SIZE,
    [at('io_uring_params', 'sq_entries')]: 0,
    [at('io_uring_params', 'cq_entries')]: 4,
    [at('io_uring_params', 'flags')]: 8,
    [at('io_uring_params', 'features')]: ring.PARAMS_FEATURES,
    [at('io_uring_params', 'sq_off')]: ring.PARAMS_SQ_OFF,
    [at('io_uring_params', 'cq_off')]: ring.PARAMS_CQ_OFF,
    [at('io_sqring_offsets', 'tail')]: 4,
    [at('io_sqring_offsets', 'array')]: 24,
    [at('io_cqring_offsets', 'head')]: 0,
    [at('io_cqring_offsets', 'tail')]: 4,
    [at('io_cqring_offsets', 'cqes')]: 20,
  }));

test('io_uring_buf, the tail of its ring, and io_uring_buf_reg', () =>
  holds({
    [size('io_uring_buf')]: BUF_BYTES,
    [`${size('io_uring_buf')} / 4`]: BUF_WORDS,
    [at('io_uring_buf', 'addr')]: 0,
    [at('io_uring_buf', 'len')]: 8,
    [at('io_uring_buf', 'bid')]: 12,
    [at('io_uring_buf_ring', 'tail')]: TAIL_U16 * 2,
    [at('io_uring_buf_reg', 'ring_addr')]: 0,
    [at('io_uring_buf_reg', 'ring_entries')]: 8,
    [at('io_uring_buf_reg', 'bgid')]: 12,
  }));

test('io_uring_getevents_arg and timespec', () =>
  holds({
    [size('io_uring_getevents_arg')]: ring.GETEVENTS_ARG_SIZE,
    [`${at('io_uring_getevents_arg', 'sigmask_sz')} + 4`]: 12, // min_wait_usec, called pad before Linux 6.12
    [at('io_uring_getevents_arg', 'ts')]: 16,
    [size('timespec')]: 16,
    [at('timespec', 'tv_sec')]: 0,
    [at('timespec', 'tv_nsec')]: 8,
  }));

test('io_uring_probe', () =>
  holds({
    [size('io_uring_probe')]: PROBE_HEADER,
    [at('io_uring_probe', 'ops')]: PROBE_HEADER,
    [size('io_uring_probe_op')]: PROBE_ENTRY,
    [at('io_uring_probe_op', 'flags')]: PROBE_ENTRY_FLAGS,
  }));

test('epoll_event, packed on x86-64 only', () =>
  holds({
    [size('epoll_event')]: EVENT_WORDS * 4,
    [at('epoll_event', 'events')]: 0,
    [at('epoll_event', 'data')]: EVENT_DATA_WORD * 4,
  }));

test('socket addresses', () =>
  holds({
    [size('sockaddr_in')]: sockaddrBytes({ family: 'ipv4', host: '0.0.0.0', port: 0 }).length,
    [at('sockaddr_in', 'sin_port')]: 2,
    [at('sockaddr_in', 'sin_addr')]: 4,
    [size('sockaddr_in6')]: sockaddrBytes({ family: 'ipv6', host: '::', port: 0 }).length,
    [at('sockaddr_in6', 'sin6_port')]: 2,
    [at('sockaddr_in6', 'sin6_addr')]: 8,
    [size('sockaddr_un')]: SOCKADDR_MAX,
    [at('sockaddr_un', 'sun_path')]: 2,
    'sizeof(((struct sockaddr_un *)0)->sun_path)': UNIX_PATH_MAX,
  }));

test('linger, rlimit and the affinity mask', () =>
  holds({
    [size('linger')]: 8,
    [at('linger', 'l_onoff')]: 0,
    [size('rlimit')]: 16,
    [at('rlimit', 'rlim_cur')]: 0,
    [at('rlimit', 'rlim_max')]: 8,
    'sizeof(rlim_t)': 8,
    'sizeof(long)': 8, // the mask is an array of longs; little-endian, so that bytes do
  }));

test('sock_fprog, sock_filter', () =>
  holds({
    [size('sock_fprog')]: options.SOCK_FPROG_SIZE,
    [at('sock_fprog', 'len')]: 0,
    [at('sock_fprog', 'filter')]: options.SOCK_FPROG_FILTER,
    [size('sock_filter')]: options.SOCK_FILTER_SIZE,
    [at('sock_filter', 'code')]: 0,
    [at('sock_filter', 'jt')]: options.SOCK_FILTER_JT,
    [at('sock_filter', 'jf')]: options.SOCK_FILTER_JF,
    [at('sock_filter', 'k')]: options.SOCK_FILTER_K,
  }));

test.run();
