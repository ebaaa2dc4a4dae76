/** Every number of sys/constants.ts is what the C compiler reads in the system's headers. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as constants from '../../src/kernel/sys/constants.js';
import { evaluate } from './support/compiler.js';

test('every constant equals the one of the headers', async () => {
  const ours = Object.entries(constants).map(([name, value]) => [name, BigInt.asUintN(64, BigInt(value))] as const);
  assert.ok(ours.length > 100, 'the list of names comes from the module itself');
  const headers = await evaluate(ours.map(([name]) => name));
  const wrong = ours.filter(([name, value]) => headers.get(name) !== value);
  assert.equal(
    wrong.map(([name, value]) => `${name}: ${value}, in the headers ${headers.get(name)}`),
    [],
  );
});

test('a name that the headers do not know is reported', async () => {
  try {
    await evaluate(['EPOLLNONSENSE']);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /EPOLLNONSENSE/);
  }
});

test.run();
