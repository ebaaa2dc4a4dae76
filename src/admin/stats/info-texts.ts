/** The process as texts: a line for each field, typed values, JSON. */
import type { FieldType, FieldValue } from './field.js';
import type { InfoField, InfoSource } from './info-field.js';
import { INFO_FIELDS } from './info-fields.js';
import { jsonField, typed } from './texts.js';

/** What is shown beside the values. */
export interface InfoOptions {
  readonly described: boolean;
  /** Numbers with fractions as they are (`float`). */
  readonly fractions: boolean;
}

/** Digits behind the point. */
const DIGITS = 6;

function read(field: InfoField, info: InfoSource, fractions: boolean): { readonly value: FieldValue; readonly type: FieldType } {
  const value = field.read(info);
  if (typeof value !== 'number' || field.fractional === undefined) return { value, type: field.type };
  return fractions ? { value: Number(value.toFixed(DIGITS)), type: 'flt' } : { value: Math.floor(value), type: field.type };
}

/** `Name: HAProxy` */
export function infoLines(info: InfoSource, { described, fractions }: InfoOptions): string {
  return INFO_FIELDS.map((field) => {
    const { value } = read(field, info, fractions);
    return value === null ? '' : `${field.name}: ${value}${described ? `:"${field.description}"` : ''}\n`;
  }).join('');
}

/** `0.Name.1:POS:str:HAProxy` */
export function typedInfo(info: InfoSource, options: InfoOptions): string {
  return INFO_FIELDS.map((field, position) => {
    const { value, type } = read(field, info, options.fractions);
    return value === null ? '' : typed(position, { ...field, type }, value, options);
  }).join('');
}

/** `[{...},{...}]`; one line. */
export function jsonInfo(info: InfoSource, { fractions }: Pick<InfoOptions, 'fractions'>): string {
  const fields = INFO_FIELDS.flatMap((field, position) => {
    const { value, type } = read(field, info, fractions);
    return value === null ? [] : [jsonField(position, { ...field, type }, value)];
  });
  return `${JSON.stringify(fields)}\n`;
}
