/** Converters from names of backends and servers to what they hold (configuration manual, 7.3.1). */
import type { ConverterFamily, SampleContext } from '../context.js';
import { farmOf } from '../fetches/farm.js';
import { fromText } from './conversions.js';

/** A server by its name, in the backend before the slash or in the proxy whose rules run; null when there is none. */
function findServer(name: string, { lane, inBackend, proxy, session }: SampleContext): readonly [number, number] | null {
  const slash = name.lastIndexOf('/');
  const { backends } = lane.plan;
  const own = inBackend ? proxy : session.backend;
  const backend = slash < 0 ? own : backends.findIndex((one) => one.name === name.slice(0, slash));
  const server = backends[backend]?.servers.findIndex((one) => one.name === name.slice(slash + 1)) ?? -1;
  return server < 0 ? null : [backend, server];
}

/** Converters of names. */
export const SERVER_CONVERTERS: ConverterFamily = {
  nbsrv: () =>
    fromText((name, sample, { lane }) => {
      const index = lane.plan.backends.findIndex((backend) => backend.name === name);
      if (index < 0) return false;
      sample.setInteger(farmOf(lane, index).usableCount);
      return true;
    }),
  srv_queue: () =>
    fromText((name, sample, context) => {
      const found = findServer(name, context);
      if (found === null) return false;
      sample.setInteger(farmOf(context.lane, found[0]).queuedFor(found[1]));
      return true;
    }),
};
