/**
 * What stands within lines of a configuration: options of binds and servers, fetches, converters,
 * variables of log formats. As entries for `turbo-lb keywords` and the page of the documentation,
 * from the tables that read them.
 */
import type { OptionKeyword } from '../config/keyword.js';
import { BIND_OPTIONS } from '../config/keywords/bind-options.js';
import { SERVER_OPTIONS } from '../config/keywords/server-options.js';
import { CONVERTERS } from '../config/samples/converters.js';
import { FETCHES } from '../config/samples/fetches.js';
import { FORMAT_VARIABLES } from '../config/samples/format-variables.js';
import { ORIGINS } from '../config/samples/origins.js';
import { type ArgumentSpec, argumentType } from '../config/samples/signature.js';
import { UNSUPPORTED_CONVERTERS, UNSUPPORTED_FETCHES } from '../config/samples/unsupported.js';

/** One of them, as it is shown. */
export interface Part extends Omit<OptionKeyword<never>, 'refused' | 'parse'> {
  readonly http?: boolean;
  /** What it is: `Option of bind`. */
  readonly kind: string;
}

/** Those of one kind, with the title of their chapter. */
export interface PartFamily {
  readonly title: string;
  readonly parts: readonly Part[];
}

type OptionRow = Omit<Part, 'kind'> & { readonly refused?: boolean };

const sorted = (parts: readonly Part[]): Part[] => [...parts].sort((a, b) => (a.name < b.name ? -1 : 1));

const options = (rows: readonly OptionRow[], kind: string): Part[] =>
  sorted(rows.filter(({ refused }) => !refused).map((row) => ({ ...row, kind })));

/** `(<string>[,<integer>])`, or nothing. */
function argumentList(specs: readonly ArgumentSpec[]): string {
  if (specs.length === 0) return '';
  const one = (spec: ArgumentSpec, index: number): string => {
    const text = `${index > 0 ? ',' : ''}<${argumentType(spec).label}>`;
    return spec.endsWith('?') ? `[${text}]` : text;
  };
  return `(${specs.map(one).join('')})`;
}

const FETCH_PARTS = [...FETCHES.values()]
  .filter(({ name }) => !UNSUPPORTED_FETCHES.has(name))
  .map((fetch): Part => {
    const { name, type, help, origin } = fetch;
    return { name, arguments: argumentList(fetch.arguments), help, kind: `Fetch of type ${type}, from ${ORIGINS[origin].label}` };
  });

const CONVERTER_PARTS = [...CONVERTERS.values()]
  .filter(({ name }) => !UNSUPPORTED_CONVERTERS.has(name))
  .map((converter): Part => {
    const { name, input, output, help } = converter;
    return { name, arguments: argumentList(converter.arguments), help, kind: `Converter from ${input} to ${output}` };
  });

const VARIABLE_PARTS = [...FORMAT_VARIABLES.values()].map(
  ({ name, http, help }): Part => ({
    name: `%${name}`,
    arguments: '',
    help: `${help[0].toUpperCase()}${help.slice(1)}.`,
    ...(http && { http }),
    kind: 'Variable of log formats',
  }),
);

/** All of them, in the order of the page. */
export const PART_FAMILIES: readonly PartFamily[] = [
  { title: 'Options of bind', parts: options(BIND_OPTIONS.options, 'Option of bind') },
  { title: 'Options of server, server-template and default-server', parts: options(SERVER_OPTIONS.options, 'Option of server') },
  { title: 'Fetches', parts: sorted(FETCH_PARTS) },
  { title: 'Converters', parts: sorted(CONVERTER_PARTS) },
  { title: 'Variables of log formats', parts: sorted(VARIABLE_PARTS) },
];
