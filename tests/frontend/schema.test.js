// The schema file by itself: valid, linted without a remark, and true to the API's conventions.
import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  printSchema,
  validateSchema,
} from 'graphql';
import { readSchema, schemaFile } from './settings.js';

const schema = readSchema();
const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__'));
const fieldsOf = (type) => (type?.getFields ? Object.values(type.getFields()) : []);

/** Every place that has a type, by its schema coordinate. */
const places = types.flatMap((type) =>
  fieldsOf(type).flatMap((field) => [
    { name: `${type.name}.${field.name}`, of: field },
    ...(field.args ?? []).map((arg) => ({ name: `${type.name}.${field.name}(${arg.name}:)`, of: arg })),
  ]),
);

/** Nothing breaks the rule, or the failure names all that does. */
const none = (broken) => assert.equal(broken.map((one) => one.name ?? one).join('\n'), '');
const has = (type, field, shape) => String(type.getFields()[field]?.type) === shape;

test('is valid and prints the same twice', () => {
  assert.deepEqual(validateSchema(schema), []);
  const printed = printSchema(schema);
  assert.equal(printSchema(buildSchema(printed)), printed);
});

test('passes every lint rule', async () => {
  const eslint = new ESLint({
    cwd: dirname(schemaFile),
    overrideConfigFile: fileURLToPath(new URL('eslint.config.js', import.meta.url)),
  });
  const [{ messages }] = await eslint.lintFiles([schemaFile]);
  none(messages.map(({ line, ruleId, message }) => `${line}: ${message} (${ruleId})`));
});

test('lists hold no nulls and no lists', () => {
  // An invisible object is null there, or its place in the list would be lost.
  const exempt = ['Query.nodes'];
  none(
    places.filter(({ name, of }) => {
      const list = isNonNullType(of.type) ? of.type.ofType : of.type;
      if (!isListType(list) || exempt.includes(name)) return false;
      return !isNonNullType(list.ofType) || isListType(list.ofType.ofType);
    }),
  );
});

test('scalars say what they are', () => {
  const scalars = types.filter((type) => isScalarType(type) && !isSpecifiedScalarType(type));
  none(scalars.filter((scalar) => !scalar.specifiedByURL));
  none(scalars.filter(({ name }) => /json|object|any|map/i.test(name)));
});

test('no Int holds what outgrows 32 bits', () => {
  const large = /(amount|bytes|cents|minorUnits|millis(econds)?|timestamp|databaseId)$/i;
  none(
    places.filter(
      ({ name, of }) => getNamedType(of.type).name === 'Int' && large.test(name.replace(':)', '')),
    ),
  );
});

test('connections have edges, nodes, page info and a count', () => {
  const connections = types.filter(({ name }) => name.endsWith('Connection'));
  assert.ok(connections.length > 0);
  none(
    connections.filter((connection) => {
      const item = connection.name.replace(/Connection$/, '');
      const edge = schema.getType(`${item}Edge`);
      return !(
        has(connection, 'edges', `[${item}Edge!]!`) &&
        has(connection, 'pageInfo', 'PageInfo!') &&
        has(connection, 'totalCount', 'Count') &&
        has(connection, 'nodes', `[${edge && getNamedType(edge.getFields().node.type).name}!]!`)
      );
    }),
  );
});

test('mutations take one input and return errors and the query', () => {
  for (const { name, args, type } of fieldsOf(schema.getMutationType())) {
    const Name = name[0].toUpperCase() + name.slice(1);
    assert.deepEqual(
      args.map((arg) => `${arg.name}: ${arg.type}`),
      [`input: ${Name}Input!`],
      name,
    );
    assert.equal(String(type), `${Name}Payload`, name);
    assert.ok(
      has(type, 'errors', '[UserError!]!') && has(type, 'query', 'Query!'),
      `${name}: errors and query`,
    );
  }
});

test('user errors have a closed, described code', () => {
  const { code, path, message } = schema.getType('UserError').getFields();
  assert.ok(isNonNullType(code.type) && isEnumType(code.type.ofType));
  assert.equal(String(path.type), '[String!]!');
  assert.equal(String(message.type), 'String!');
});

test('updates can refuse to overwrite a newer version', () => {
  const inputs = types.filter((type) => isInputObjectType(type) && type.name.endsWith('UpdateInput'));
  none(inputs.filter((input) => !input.getFields().ifVersion));
  const updated = inputs
    .map(({ name }) => schema.getType(name.replace('UpdateInput', '')))
    .filter(isObjectType);
  const missing = (type) => ['version', 'createdAt', 'updatedAt'].filter((field) => !type.getFields()[field]);
  none(updated.flatMap((type) => missing(type).map((field) => `${type.name}.${field}`)));
});

// Parts of a contract, read within it; their ids are there for the mutations that name them.
const PARTS = [
  'ClaimContestation', 'ClaimVerification', 'ContractInvestment', 'ContractParty', 'ContractRepayment', 'ContractVersion',
  'LedgerEntry',
];

test('whatever is a node can be fetched by its id', () => {
  const node = schema.getType('Node');
  assert.ok(isInterfaceType(node));
  assert.ok(has(node, 'id', 'ID!'));
  const { node: one, nodes: many } = schema.getQueryType().getFields();
  assert.equal(`${one.args[0].name}: ${one.args[0].type}`, 'id: ID!');
  assert.equal(`${many.args[0].name}: ${many.args[0].type}`, 'ids: [ID!]!');
  const withId = types.filter((type) => isObjectType(type) && type.getFields().id);
  none(withId.filter((type) => !type.getInterfaces().includes(node) && !PARTS.includes(type.name)));
});

test('deprecations name a replacement and a day to come', () => {
  const values = types
    .filter(isEnumType)
    .flatMap((type) => type.getValues().map((value) => ({ name: `${type.name}.${value.name}`, of: value })));
  const known = new Set([...places, ...values].map(({ name }) => name));
  const today = new Date().toISOString().slice(0, 10);
  const deprecated = [...places, ...values].filter(({ of }) => of.deprecationReason != null);
  none(
    deprecated.filter(({ of }) => {
      const [, use, day] =
        of.deprecationReason.match(/Use `?(\S+?)`?\. Removal on (\d{4}-\d\d-\d\d)\./) ?? [];
      return !known.has(use) || day < today;
    }),
  );
});
