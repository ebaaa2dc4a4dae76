/** The value of `--server`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseServer } from '../../src/cli/server-syntax.js';

test('an address alone has weight 1 and no name of its own', () => {
  assert.equal(parseServer('web:80'), { ok: true, value: { address: 'web:80', weight: 1, name: undefined } });
});

test('options in any order', () => {
  const value = { address: '[::1]:80', weight: 256, name: 'app-1.eu:blue_2' };
  assert.equal(parseServer('[::1]:80,name=app-1.eu:blue_2,weight=256'), { ok: true, value });
});

const WRONG: readonly [text: string, message: string][] = [
  ['web:80,weight', "'weight' needs a value, as weight=2"],
  ['web:80,name', "'name' needs a value, as name=app1"],
  ['web:80,weight=', 'weight : a number is missing'],
  ['web:80,weight=-1', 'weight -1: not within 0..256'],
  ['web:80,weight=1.5', 'weight 1.5: not a whole number'],
  ['web:80,name=a b', "name 'a b' has other characters than letters, digits and _ . : -"],
  ['web:80,name=', "name '' has other characters than letters, digits and _ . : -"],
  ['web:80,weight=1,weight=2', "'weight' is given twice"],
  ['web:80,', "unknown option '', known are weight, name"],
  ['web:80,maxconn=5', "unknown option 'maxconn', known are weight, name"],
  ['web:80,nmae=a', "unknown option 'nmae', known are weight, name; did you mean 'name' maybe ?"],
];

for (const [text, message] of WRONG) {
  test(`${text} is refused`, () => {
    assert.equal(parseServer(text), { ok: false, message });
  });
}

test.run();
