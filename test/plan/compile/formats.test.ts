/** Spaces in formats: lines and unique IDs have them one by one, texts as they were written. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FormatPlan } from '../../../src/plan/expression.js';
import { planOf } from '../../harness/plans.js';

/** The texts of a format, with a mark for what stands between them. */
const textOf = (plan: FormatPlan | null): string => (plan ?? []).map((part) => (part.kind === 'text' ? part.text : '*')).join('');

test('the spaces of a unique ID become one, those of a check stay', () => {
  const format = '"  a   b %ci  c  %ci  "';
  const { frontends, backends } = planOf(`listen l
 mode tcp
 bind 127.0.0.1:1
 unique-id-format ${format}
 option tcp-check
 tcp-check send-lf "  a   b %[str(x)]  c  "
 server s 127.0.0.1:1`);
  assert.is(textOf(frontends[0].log.uniqueIdFormat), 'a b * c * ');
  const send = backends[0].check.steps.find((step) => step.kind === 'send');
  assert.is(send?.kind === 'send' && typeof send.data.text !== 'string' ? textOf(send.data.text) : null, '  a   b *  c  ');
});

test.run();
