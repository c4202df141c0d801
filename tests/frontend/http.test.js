// The running server: GraphQL over HTTP to the letter, and the schema that is written down.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildClientSchema,
  getIntrospectionQuery,
  isObjectType,
  isRequiredArgument,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { serverAudits } from 'graphql-http';
import { ask, endpoint, readSchema, signInAsFunder } from './settings.js';

const audits = serverAudits({ url: endpoint });

test('the audit has its 61 rules', () => assert.equal(audits.length, 61));

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const { status, reason } = await audit.fn();
    assert.equal(status, 'ok', reason);
  });
}

test('the server describes the schema that is written down', async () => {
  const query = getIntrospectionQuery({
    inputValueDeprecation: true,
    oneOf: true,
    schemaDescription: true,
    specifiedByUrl: true,
  });
  const { data } = await ask(query);
  const print = (schema) => printSchema(lexicographicSortSchema(schema));
  assert.equal(print(buildClientSchema(data)), print(readSchema()));
});

test('ids tell their type, and nodes come back in the order asked for', async () => {
  const connections = Object.values(readSchema().getQueryType().getFields())
    .filter(({ type }) => String(type).endsWith('Connection'))
    .filter(({ args }) => !args.some(isRequiredArgument))
    .map(({ name }) => `${name}(first: 3) { nodes { __typename ... on Node { id } } }`);
  const headers = await signInAsFunder();
  const { data } = await ask(`{ ${connections.join(' ')} }`, {}, headers);
  const nodes = Object.values(data).flatMap((connection) => connection?.nodes ?? []);
  assert.ok(nodes.length > 0);

  const prefixes = new Map();
  for (const { id, __typename } of nodes) {
    assert.match(id, /^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$/);
    const prefix = id.slice(0, 3);
    assert.equal(prefixes.get(prefix) ?? __typename, __typename, `${prefix} names one type`);
    prefixes.set(prefix, __typename);
  }
  assert.equal(new Set(prefixes.values()).size, prefixes.size, 'a type has one prefix');

  const asked = [...new Set(nodes.map(({ id }) => id))].sort().reverse();
  const again = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: asked }, headers);
  assert.deepEqual(
    again.data.nodes.map(({ id }) => id),
    asked,
  );
});
