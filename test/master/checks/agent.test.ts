/** What agents say, and what becomes of it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { agentResult, parseAgent } from '../../../src/master/checks/agent.js';

const NOTHING = { health: null, admin: null, percent: null, maxconn: null, description: '', unknown: null };

test('words in any order, separated by spaces, tabs and commas, up to the end of the line', () => {
  assert.equal(parseAgent('up 75%\tdrain,maxconn:30 # all\r\nmore'), {
    ...NOTHING,
    ...{ health: 'up', admin: 'drain', percent: 75, maxconn: 30, description: 'all' },
  });
  assert.equal(parseAgent(''), NOTHING);
  assert.equal(parseAgent('failed\n'), { ...NOTHING, unknown: 'failed' });
  assert.equal(parseAgent('-5% maxconn:x'), { ...NOTHING, unknown: '-5%' });
});

test('results as HAProxy writes them', () => {
  const result = (text: string) => agentResult(parseAgent(text));
  assert.equal(result('down\n'), { status: 'L7STS', code: 0, info: 'via agent : down' });
  assert.equal(result('stopped # my desc\n'), { status: 'L7STS', code: 0, info: 'via agent : stopped (my desc)' });
  assert.equal(result('up 100% # abc\n'), { status: 'L7OK', code: 0, info: 'via agent : up (abc)' });
  assert.equal(result('50%\n'), { status: 'CHECKED', info: '' });
  assert.equal(result('rubbish\n'), { status: 'CHECKED', info: 'agent reports an error : rubbish' });
});

test.run();
