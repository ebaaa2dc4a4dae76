/** The JSON schema of statistics (`show schema json`; management manual, section 9.3). */
import { NATURES, ORIGINS, SCOPES } from './field.js';

const ref = (name: string) => ({ $ref: `#/definitions/${name}` });
const integer = (minimum: number, maximum?: number) => ({
  type: 'integer',
  minimum,
  ...(maximum !== undefined && { maximum }),
});

/** In the order of HAProxy's list. */
const NATURE_NAMES = [...'GLmMRCDATNOa'].map((letter) => NATURES[letter as keyof typeof NATURES]);

function valueSchema(type: string, value: object) {
  return { properties: { type: { type: 'string', enum: [type] }, value }, required: ['type', 'value'] };
}

const SAFE = Number.MAX_SAFE_INTEGER;
const VALUES = {
  s32Value: valueSchema('s32', integer(-(2 ** 31), 2 ** 31 - 1)),
  s64Value: valueSchema('s64', integer(-SAFE, SAFE)),
  u32Value: valueSchema('u32', integer(0, 2 ** 32 - 1)),
  u64Value: valueSchema('u64', integer(0, SAFE)),
  strValue: valueSchema('str', { type: 'string' }),
};

function item(title: string, properties: object, required: readonly string[]) {
  return { title, type: 'array', items: { title: 'InfoItem', type: 'object', properties, required } };
}

const FIELD = { field: ref('field'), processNum: ref('processNum'), tags: ref('tags') };
const SCHEMA = {
  $schema: 'http://json-schema.org/draft-04/schema#',
  oneOf: [
    item('Info', { ...FIELD, value: ref('typedValue') }, ['field', 'processNum', 'tags', 'value']),
    item(
      'Stat',
      {
        objType: { enum: ['Frontend', 'Backend', 'Listener', 'Server', 'Unknown'] },
        proxyId: integer(0),
        id: integer(0),
        ...FIELD,
        typedValue: ref('typedValue'),
      },
      ['objType', 'proxyId', 'id', 'field', 'processNum', 'tags', 'value'],
    ),
    { title: 'Error', type: 'object', properties: { errorStr: { type: 'string' } }, required: ['errorStr'] },
  ],
  definitions: {
    field: { type: 'object', pos: integer(0), name: { type: 'string' }, required: ['pos', 'name'] },
    processNum: integer(1),
    tags: {
      type: 'object',
      origin: { type: 'string', enum: [...Object.values(ORIGINS), 'Unknown'] },
      nature: { type: 'string', enum: [...NATURE_NAMES, 'Unknown'] },
      scope: { type: 'string', enum: [...Object.values(SCOPES), 'Unknown'] },
      required: ['origin', 'nature', 'scope'],
    },
    typedValue: {
      type: 'object',
      oneOf: Object.keys(VALUES).map((name) => ref(`typedValue/definitions/${name}`)),
      definitions: {
        ...VALUES,
        unknownValue: {
          properties: { type: integer(0), value: { type: 'string', enum: ['unknown'] } },
          required: ['type', 'value'],
        },
      },
    },
  },
};

/** One line. */
export const SCHEMA_TEXT = `${JSON.stringify(SCHEMA)}\n`;
