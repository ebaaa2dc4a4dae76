/** Fetches of frontends, backends and servers (configuration manual, 7.3.2 and 7.3.3). */
import type { ExpressionPlan } from '../../../plan/expression.js';
import { NO_SERVER } from '../../balance/balancer.js';
import { hasArgument, numberArgument, serverArgument } from '../arguments.js';
import type { FetchFactory, FetchFamily, SampleContext } from '../context.js';
import { FOUND, MISSING, type Sample } from '../sample.js';
import { type Farm, farmOf } from './farm.js';
import { count, text } from './results.js';

/** The frontend of an argument, or the session's. */
function frontendIndex(plan: ExpressionPlan): (context: SampleContext) => number {
  if (!hasArgument(plan, 0)) return ({ session }) => session.frontend;
  const index = numberArgument(plan, 0);
  return () => index;
}

/** The backend of an argument, or the one whose rules run, or the session's. */
function backendIndex(plan: ExpressionPlan): (context: SampleContext) => number {
  if (!hasArgument(plan, 0)) return ({ inBackend, proxy, session }) => (inBackend ? proxy : session.backend);
  const index = numberArgument(plan, 0);
  return () => index;
}

function ofFrontend(read: (context: SampleContext, index: number) => number): FetchFactory {
  return (plan) => {
    const indexOf = frontendIndex(plan);
    return (context, sample) => {
      sample.setInteger(read(context, indexOf(context)));
      return FOUND;
    };
  };
}

function ofBackend(read: (farm: Farm, context: SampleContext) => number): FetchFactory {
  return (plan) => {
    const indexOf = backendIndex(plan);
    return (context, sample) => {
      const { lane } = context;
      const index = indexOf(context);
      if (lane.plan.backends[index] === undefined) return MISSING;
      sample.setInteger(read(farmOf(lane, index), context));
      return FOUND;
    };
  };
}

function ofServer(set: (sample: Sample, farm: Farm, server: number) => void): FetchFactory {
  return (plan, { lane }) => {
    const { backend, server } = serverArgument(plan, 0);
    const farm = farmOf(lane, backend);
    return (_context, sample) => {
      set(sample, farm, server);
      return FOUND;
    };
  };
}

const serverNumber = (read: (farm: Farm, server: number) => number): FetchFactory =>
  ofServer((sample, farm, server) => sample.setInteger(read(farm, server)));

function frontend({ lane, session }: SampleContext) {
  return lane.plan.frontends[session.frontend];
}

function backend({ lane, inBackend, proxy, session }: SampleContext) {
  return lane.plan.backends[inBackend ? proxy : session.backend];
}

/** The server that was chosen for the session. */
function server(context: SampleContext) {
  const { lane, session } = context;
  return session.chosen === NO_SERVER ? undefined : lane.plan.backends[session.backend]?.servers[session.chosen];
}

/** Fetches of frontends. */
const FRONTENDS: FetchFamily = {
  fe_id: count((context) => frontend(context).id),
  fe_name: text((context) => frontend(context).name),
  fe_defbe: text((context) => context.lane.plan.backends[frontend(context).defaultBackend]?.name),
  fe_client_timeout: count((context) => frontend(context).clientTimeoutMs),
  fe_conn: ofFrontend(({ lane }, index) => lane.tables.proxies.frontends[index].current),
  fe_sess_rate: ofFrontend(({ lane, nowMs }, index) => lane.tables.proxies.frontends[index].rate(nowMs)),
  /** Requests are HTTP's: in mode tcp there are none. */
  fe_req_rate: ofFrontend(() => 0),
  so_id: count((context) => frontend(context).binds[context.session.bind].id),
  so_name: text((context) => frontend(context).binds[context.session.bind].name),
};

/** Fetches of backends. */
const BACKENDS: FetchFamily = {
  be_id: count((context) => backend(context)?.id ?? -1),
  be_name: text((context) => backend(context)?.name),
  be_server_timeout: count((context) => backend(context)?.serverTimeoutMs ?? -1),
  be_tunnel_timeout: count((context) => backend(context)?.tunnelTimeoutMs ?? -1),
  cur_server_timeout: count((context) => backend(context)?.serverTimeoutMs ?? -1),
  cur_tunnel_timeout: count((context) => backend(context)?.tunnelTimeoutMs ?? -1),
  be_conn: ofBackend((farm) => farm.sessions),
  be_sess_rate: ofBackend((farm, { nowMs }) => farm.sessionRate(nowMs)),
  be_conn_free: ofBackend((farm) => farm.freeConnections),
  connslots: ofBackend((farm) => farm.freeSlots),
  nbsrv: ofBackend((farm) => farm.usableCount),
  queue: ofBackend((farm) => farm.queued),
  avg_queue: ofBackend((farm) => farm.averageQueue),
};

const sessionRate: FetchFactory = (plan, { lane }) => {
  const { backend, server } = serverArgument(plan, 0);
  return ({ nowMs }, sample) => {
    sample.setInteger(lane.tables.proxies.servers[backend][server].rate(nowMs));
    return FOUND;
  };
};

/** Fetches of servers. */
const SERVERS: FetchFamily = {
  srv_id: count((context) => server(context)?.id ?? -1),
  srv_name: text((context) => server(context)?.name),
  srv_is_up: ofServer((sample, farm, index) => sample.setBool(farm.isUp(index))),
  srv_conn: serverNumber((farm, index) => farm.active(index)),
  srv_conn_free: serverNumber((farm, index) => farm.freeOf(index)),
  srv_queue: serverNumber((farm, index) => farm.queuedFor(index)),
  srv_sess_rate: sessionRate,
  srv_weight: serverNumber((farm, index) => farm.weight(index)),
  srv_uweight: serverNumber((farm, index) => farm.weight(index)),
  srv_iweight: serverNumber((farm, index) => farm.plan.servers[index].weight),
};

/** Fetches of frontends, backends and servers. */
export const PROXY_FETCHES: FetchFamily = { ...FRONTENDS, ...BACKENDS, ...SERVERS };
