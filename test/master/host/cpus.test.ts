/** CPUs that a process may use, on systems with quotas of every kind. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cgroupQuota, cpuBudget } from '../../../src/master/host/cpus.js';
import { systemTree } from './system-tree.js';

const UNIFIED_MOUNT = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';
const LEGACY_MOUNT = '33 25 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n';

function unified(path: string, quotas: Readonly<Record<string, string>>, mount = UNIFIED_MOUNT): string {
  return systemTree({ 'proc/self/cgroup': `0::${path}\n`, 'proc/self/mountinfo': mount, ...quotas });
}

test('without control groups there is no quota', () => {
  assert.is(cgroupQuota(systemTree({})), Number.POSITIVE_INFINITY);
});

test('a quota of version 2 is time over period', () => {
  const root = unified('/system.slice/lb.service', { 'sys/fs/cgroup/system.slice/lb.service/cpu.max': '250000 100000\n' });
  assert.is(cgroupQuota(root), 2.5);
});

test('max is no quota', () => {
  assert.is(cgroupQuota(unified('/a', { 'sys/fs/cgroup/a/cpu.max': 'max 100000\n' })), Number.POSITIVE_INFINITY);
});

test('the smallest quota of all ancestors holds', () => {
  const quotas = { 'sys/fs/cgroup/a/cpu.max': '150000 100000\n', 'sys/fs/cgroup/a/b/cpu.max': '400000 100000\n' };
  assert.is(cgroupQuota(unified('/a/b', quotas)), 1.5);
});

test('a container that sees only its own group finds its quota at the mount point', () => {
  const root = unified('/', { 'sys/fs/cgroup/cpu.max': '300000 100000\n' });
  assert.is(cgroupQuota(root), 3);
});

test('a mount that shows a part of the hierarchy is entered at that part', () => {
  const mount = UNIFIED_MOUNT.replace(' / /sys', ' /docker/1 /sys');
  const inside = unified('/docker/1/x', { 'sys/fs/cgroup/x/cpu.max': '200000 100000\n' }, mount);
  assert.is(cgroupQuota(inside), 2);
  const outside = unified('/other', { 'sys/fs/cgroup/cpu.max': '100000 100000\n' }, mount);
  assert.is(cgroupQuota(outside), 1);
});

test('a quota of version 1 is read from its cpu controller alone', () => {
  const root = systemTree({
    'proc/self/cgroup': '5:memory:/m\n4:cpu,cpuacct:/docker/1\n',
    'proc/self/mountinfo': LEGACY_MOUNT,
    'sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us': '50000\n',
    'sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_period_us': '100000\n',
    'sys/fs/cgroup/cpu,cpuacct/m/cpu.cfs_quota_us': '1\n',
    'sys/fs/cgroup/cpu,cpuacct/m/cpu.cfs_period_us': '100000\n',
  });
  assert.is(cgroupQuota(root), 0.5);
});

test('a quota of version 1 of -1 is none', () => {
  const root = systemTree({
    'proc/self/cgroup': '4:cpu,cpuacct:/\n',
    'proc/self/mountinfo': LEGACY_MOUNT,
    'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
    'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
  });
  assert.is(cgroupQuota(root), Number.POSITIVE_INFINITY);
});

const BUDGETS: readonly [allowed: number, cpuMax: string, workers: number, reason: string][] = [
  [4, 'max 100000', 4, '4 in the affinity mask'],
  [4, '250000 100000', 2, 'a cgroup quota of 2.5 CPUs on 4'],
  [2, '800000 100000', 2, '2 in the affinity mask'],
  [8, '50000 100000', 1, 'a cgroup quota of 0.5 CPUs on 8'],
];

for (const [count, cpuMax, workers, reason] of BUDGETS) {
  test(`${count} CPUs with '${cpuMax}' are ${workers} workers`, () => {
    const allowed = Array.from({ length: count }, (_, i) => 2 * i);
    const budget = cpuBudget(allowed, unified('/', { 'sys/fs/cgroup/cpu.max': cpuMax }));
    assert.is(budget.workers, workers);
    assert.is(budget.reason, reason);
    assert.equal(budget.allowed, allowed);
  });
}

test.run();
