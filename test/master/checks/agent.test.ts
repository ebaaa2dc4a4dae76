/** What agents say, and what becomes of it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { agentResult, parseAgent } from '../../../src/master/checks/agent.js';

const NOTHING = {
  ...{ health: null, healthWord: '', admin: null, percent: null, maxconn: null, description: '', unknown: null, warning: '' },
};

test('words in any order, separated by spaces, tabs and commas, up to the end of the line', () => {
  assert.equal(parseAgent('UP 75%\tdrain,maxconn:30 # all\r\nmore'), {
    ...NOTHING,
    ...{ health: 'up', healthWord: 'UP', admin: 'drain', percent: 75, maxconn: 30, description: 'all' },
  });
  assert.equal(parseAgent('\n'), NOTHING);
  assert.equal(parseAgent('failed #\n'), { ...NOTHING, unknown: 'failed' });
  assert.equal(parseAgent('-5% x\n'), { ...NOTHING, unknown: '-5%' });
  assert.equal(parseAgent('up,ready down\tmaint\n'), { ...NOTHING, health: 'down', healthWord: 'down', admin: 'maint' });
});

test('a line without an end says nothing', () => {
  for (const text of ['', 'up', 'up\0\n', 'maint # soon']) assert.is(parseAgent(text), null, text);
});

test('results as HAProxy writes them', () => {
  const result = (text: string) => agentResult(parseAgent(text));
  assert.equal(result('Down\n'), { status: 'L7STS', code: 0, info: 'via agent : Down' });
  assert.equal(result('stopped # my desc\n'), { status: 'L7STS', code: 0, info: 'via agent : stopped (my desc)' });
  assert.equal(result('up 100% # abc\n'), { status: 'L7OK', code: 0, info: 'via agent : up (abc)' });
  assert.equal(result('foo up\n'), { status: 'L7OK', code: 0, info: 'via agent : up (foo)' });
  assert.equal(result('50%\n'), { status: 'CHECKED', info: '' });
  assert.equal(result('rubbish\n'), { status: 'CHECKED', info: 'agent reports an error : rubbish' });
  assert.equal(result('up#x\n'), { status: 'CHECKED', info: 'agent reports an error : up#x' });
  assert.equal(result('50.5%\n'), { status: 'CHECKED', info: 'agent warns : Trailing garbage in weight string' });
  assert.equal(result('up'), { status: 'L7TOUT', info: 'Ignoring incomplete line from agent' });
});

test.run();
