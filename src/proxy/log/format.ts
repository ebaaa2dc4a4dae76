/**
 * Log formats, compiled once into a list of functions that write a line piece after piece
 * (configuration manual, section 8.2.6). Runs of spaces become one, and those at the beginning go,
 * also around a variable that writes nothing.
 */

import { HostAddress } from '../../kernel/host-address.js';
import type { FormatPlan } from '../../plan/expression.js';
import type { ExpressionCompiler, SampleContext } from '../samples/context.js';
import { FOUND, Sample, TYPE_BINARY, TYPE_BOOL, TYPE_INTEGER, TYPE_IPV4, TYPE_IPV6, TYPE_STRING } from '../samples/sample.js';
import { bytesOf, type Line } from './line.js';
import { type Flags, knownAtEnd, type VariableSources, variableWriter, type WritePart, writeText } from './variables.js';

type ExpressionPart = Extract<FormatPlan[number], { kind: 'expression' }>;

const QUOTE = 34;

/** A format that writes its line. */
export class LineFormat {
  /** It speaks of what is only known when the session has ended. */
  readonly needsEnd: boolean;
  private readonly parts: readonly WritePart[];

  constructor(plan: FormatPlan, compiler: Pick<ExpressionCompiler, 'expression'>, sources: VariableSources) {
    this.needsEnd = plan.some((part) => part.kind === 'variable' && knownAtEnd(part.name));
    this.parts = new FormatBuilder(compiler, sources).build(plan);
  }

  write(line: Line, context: SampleContext): void {
    const { parts } = this;
    for (let i = 0; i < parts.length; i++) parts[i](line, context);
  }
}

/** Puts the pieces of one format together. */
class FormatBuilder {
  private readonly parts: WritePart[] = [];
  private text = '';
  private afterSpace = true;

  constructor(
    private readonly compiler: Pick<ExpressionCompiler, 'expression'>,
    private readonly sources: VariableSources,
  ) {}

  build(plan: FormatPlan): readonly WritePart[] {
    for (const part of plan) {
      if (part.kind === 'text') this.addText(part.text);
      else if (part.kind === 'expression') this.addPart(expressionWriter(part, this.compiler));
      else this.addPart(variableWriter(part.name, part.flags, this.sources));
    }
    this.endText();
    return this.parts;
  }

  private addText(text: string): void {
    for (const char of text) {
      if (char === ' ' && this.afterSpace) continue;
      this.text += char;
      this.afterSpace = char === ' ';
    }
  }

  private addPart(write: WritePart | null): void {
    if (write === null) return;
    this.endText();
    this.parts.push(write);
    this.afterSpace = false;
  }

  private endText(): void {
    if (this.text === '') return;
    const bytes = bytesOf(this.text);
    this.parts.push((line) => line.bytes(bytes));
    this.text = '';
  }
}

/** One sample and one address serve all expressions of a worker, one after the other. */
const sample = new Sample();
const address = new HostAddress();

function expressionWriter({ expression, flags }: ExpressionPart, compiler: Pick<ExpressionCompiler, 'expression'>): WritePart {
  const evaluate = compiler.expression(expression);
  return (line, context) => {
    if (evaluate(context, sample) === FOUND) writeSample(line, sample, flags);
    else writeText(line, '', flags);
  };
}

function writeSample(line: Line, { type, integer, wide, text, words }: Sample, flags: Flags): void {
  if (type === TYPE_STRING || type === TYPE_BINARY) {
    const end = text.indexOf('\0'); // where a C string ends, and the value in HAProxy's lines
    writeText(line, end < 0 ? text : text.slice(0, end), flags);
    return;
  }
  if (flags.quoted) line.byte(QUOTE);
  if (type === TYPE_INTEGER && wide !== null) line.text(String(wide));
  else if (type === TYPE_BOOL || type === TYPE_INTEGER) line.integer(integer);
  if (type === TYPE_IPV4) address.setIpv4(integer | 0, 0);
  if (type === TYPE_IPV6) address.setIpv6(words[0], words[1], words[2], words[3], 0);
  if (type === TYPE_IPV4 || type === TYPE_IPV6) line.address(address);
  if (flags.quoted) line.byte(QUOTE);
}
