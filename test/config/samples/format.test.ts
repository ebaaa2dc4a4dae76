/** Log formats as they are read. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { knownFormat, readFormat } from '../../../src/config/samples/format.js';
import type { EvaluationPlace } from '../../../src/config/samples/origins.js';
import type { FormatFlags, FormatPart } from '../../../src/config/samples/syntax.js';

const TCPLOG = '%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq';
const place = { file: 't.cfg', line: 1, column: 1, length: 1 };

function parts(source: string, where: EvaluationPlace = 'feContent'): readonly FormatPart[] {
  const read = readFormat(source, place, [where]);
  if (!read.ok) throw new Error(read.message);
  return read.format.parts;
}

const flagsOf = (flags: FormatFlags): string =>
  `${flags.quoted ? 'Q' : ''}${flags.hexadecimal ? 'X' : ''}${flags.escaped ? 'E' : ''}${flags.mandatory ? 'M' : ''}`;

const shown = (source: string, where?: EvaluationPlace): string[] =>
  parts(source, where).map((part) => {
    if (part.kind === 'text') return `'${part.text}'`;
    const name = part.kind === 'variable' ? part.name : `[${part.expression.fetch}]`;
    return `${name}${flagsOf(part.flags) && `:${flagsOf(part.flags)}`}`;
  });

test('texts, variables and expressions', () => {
  assert.equal(shown('%ci:%cp [%t]'), ['ci', "':'", 'cp', "' ['", 't', "']'"]);
  assert.equal(shown('100%% %ci'), ["'100% '", 'ci']);
  assert.equal(shown('a%[src,lower]b'), ["'a'", '[src]', "'b'"]);
  assert.equal(shown(''), []);
});

test('flags of one variable, and of all that follow %o', () => {
  assert.equal(shown('%{+Q}ci %cp'), ['ci:Q', "' '", 'cp']);
  assert.equal(shown('%{+Q,+E}o%ci%{-Q}cp%{+X,+M}[src]'), ['ci:QE', 'cp:E', '[src]:QXEM']);
  assert.equal(shown('%{+Z}ci'), ['ci']);
});

test('the format of option tcplog', () => {
  assert.equal(
    knownFormat(TCPLOG, place)
      .parts.filter((part) => part.kind === 'variable')
      .map(({ name }) => name),
    'ci cp t ft b s Tw Tc Tt B ts ac fc bc sc rc sq bq'.split(' '),
  );
});

test('the nearest variable is suggested', () => {
  const read = readFormat('%hrlx', place, ['log']);
  assert.not.ok(read.ok);
  if (!read.ok) assert.match(read.hint ?? '', /^%hrl$/);
});

test.run();
