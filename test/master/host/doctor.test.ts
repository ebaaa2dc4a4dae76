/** The verdict of the doctor on systems laid out for it, and on this one. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type DoctorFacts, examine } from '../../../src/master/host/doctor.js';
import { SETTINGS } from '../../../src/master/host/sysctl-table.js';
import { systemTree } from './system-tree.js';

/** A system whose settings are the wanted ones, or others where given. */
function system(other: Readonly<Record<string, string>> = {}): string {
  const values = { ...Object.fromEntries(SETTINGS.map(({ name, wanted }) => [name, wanted])), ...other };
  return systemTree(
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`proc/sys/${name.replaceAll('.', '/')}`, `${value}\n`])),
  );
}

function facts(other: Partial<DoctorFacts> = {}): DoctorFacts {
  return {
    probe: () => ({ usable: true, features: ['multishot accept'] }),
    allowedCpus: () => [0, 1],
    limit: () => ({ soft: 1024, hard: 100_000, ceiling: 100_000 }),
    root: system(),
    ...other,
  };
}

test('a host with room and good settings is fit', () => {
  const report = examine({ maxconn: 10_000, servers: 1 }, facts());
  assert.is(report.fit, true);
  assert.is(report.descriptors.maxconn, 10_000);
  assert.is(report.cpus.workers, 2);
  assert.is(report.cpus.quota, null);
  assert.is(report.engine.name, 'uring');
});

test('too few descriptors make it unfit, and the number that is needed stays the asked one', () => {
  const report = examine({ maxconn: 10_000, servers: 1 }, facts({ limit: () => ({ soft: 1024, hard: 4096, ceiling: 4096 }) }));
  assert.is(report.fit, false);
  assert.ok(report.descriptors.maxconn < 2048);
  assert.ok(report.descriptors.needed > 20_000);
});

test('a limit without room for anything is a finding, not a failure', () => {
  const report = examine({ maxconn: 0, servers: 1 }, facts({ limit: () => ({ soft: 16, hard: 16, ceiling: 16 }) }));
  assert.is(report.fit, false);
  assert.is(report.descriptors.maxconn, 0);
});

test('a setting that holds the load back makes it unfit', () => {
  const root = system({ 'net.core.somaxconn': '128' });
  assert.is(examine({ maxconn: 256, servers: 1 }, facts({ root })).fit, true);
  assert.is(examine({ maxconn: 257, servers: 1 }, facts({ root })).fit, false);
});

test('a setting that only differs does not', () => {
  const root = system({ 'net.ipv4.tcp_synack_retries': '5' });
  const report = examine({ maxconn: 10_000, servers: 1 }, facts({ root }));
  assert.is(report.fit, true);
  assert.is(report.settings.find(({ name }) => name === 'net.ipv4.tcp_synack_retries')?.state, 'advice');
});

test('more server addresses have more ports', () => {
  const load = { maxconn: 70_000, servers: 1 };
  const roomy = facts({
    limit: () => ({ soft: 1_000_000, hard: 1_000_000, ceiling: 1_000_000 }),
    root: system({ 'net.core.somaxconn': '10000' }),
  });
  assert.is(examine(load, roomy).fit, false);
  const two = examine({ ...load, servers: 2 }, roomy);
  assert.is(two.settings.find(({ name }) => name === 'net.ipv4.ip_local_port_range')?.state, 'ok');
});

test('without io_uring the engine is epoll, and the reason is told', () => {
  const report = examine({ maxconn: 100, servers: 1 }, facts({ probe: () => ({ usable: false, reason: 'seccomp' }) }));
  assert.equal(report.engine, { name: 'epoll', reason: 'seccomp' });
  assert.is(report.fit, true);
});

test('a system without settings, as a bare network namespace, is examined all the same', () => {
  const report = examine({ maxconn: 100, servers: 1 }, facts({ root: systemTree({}) }));
  assert.is(report.fit, true);
  assert.ok(report.settings.every(({ state }) => state === 'absent'));
});

test('this system is examined, and the report survives JSON', () => {
  const report = examine({ maxconn: 10, servers: 1 });
  assert.equal(JSON.parse(JSON.stringify(report)), report);
  assert.is(report.settings.length, SETTINGS.length);
});

test.run();
