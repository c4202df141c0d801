// Apollo Client and urql as a front-end uses them: sign in, page both ways, write, and trust the cache.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { relayStylePagination } from '@apollo/client/utilities';
import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { isObjectType } from 'graphql';
import { operations } from './operations.js';
import { endpoint, funder, readSchema } from './settings.js';

const { projectsPageQuery, sessionSignInMutation, sessionViewerQuery, userRenameMutation } = operations;

const titles = ({ projects }) => projects.edges.map(({ node }) => node.title);

// Each client is driven through the same few functions, so that both walk the same way.
const apollo = () => {
  let token;
  const authorize = new SetContextLink(({ headers }) => ({
    headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
  }));
  const client = new ApolloClient({
    link: ApolloLink.from([authorize, new HttpLink({ uri: endpoint })]),
    cache: new InMemoryCache({ typePolicies: { Query: { fields: { projects: relayStylePagination() } } } }),
  });
  const read = (fetchPolicy) => async (query, variables) =>
    (await client.query({ query, variables, fetchPolicy })).data;
  return {
    setToken: (value) => (token = value),
    fetch: read('network-only'),
    cached: read('cache-only'),
    mutate: async (mutation, variables) => (await client.mutate({ mutation, variables })).data,
  };
};

const urql = () => {
  let token;
  // What has no id is part of the object it hangs on.
  const embedded = Object.values(readSchema().getTypeMap()).filter(
    (type) => isObjectType(type) && !type.getFields().id,
  );
  const client = new Client({
    url: endpoint,
    preferGetMethod: false,
    fetchOptions: () => ({ headers: token ? { authorization: `Bearer ${token}` } : {} }),
    exchanges: [
      cacheExchange({
        keys: Object.fromEntries(embedded.map(({ name }) => [name, () => null])),
        resolvers: { Query: { projects: relayPagination() } },
      }),
      fetchExchange,
    ],
  });
  const done = ({ data, error }) => {
    if (error) throw error;
    return data;
  };
  const read =
    (requestPolicy) =>
    async (query, variables = {}) =>
      done(await client.query(query, variables, { requestPolicy }));
  return {
    setToken: (value) => (token = value),
    fetch: read('network-only'),
    cached: read('cache-only'),
    mutate: async (mutation, variables) => done(await client.mutation(mutation, variables)),
  };
};

for (const [name, create] of Object.entries({ apollo, urql })) {
  describe(name, () => {
    const client = create();
    let token;
    let viewer;

    before(async () => {
      const { sessionCreate } = await client.mutate(sessionSignInMutation, { input: funder });
      assert.deepEqual(sessionCreate.errors, []);
      token = sessionCreate.tokens.accessToken;
      client.setToken(token);
      viewer = (await client.fetch(sessionViewerQuery)).viewer;
      assert.equal(viewer.isAuthenticated, true);
    });

    // Others sign in as the same person, who keeps their name.
    after(() => viewer && rename(viewer.user.displayName));

    const rename = async (displayName) => {
      const { user } = (await client.fetch(sessionViewerQuery)).viewer;
      const input = { id: user.id, displayName, ifVersion: user.version };
      const { userUpdate } = await client.mutate(userRenameMutation, { input });
      assert.deepEqual(userUpdate.errors, []);
      assert.equal(userUpdate.user.displayName, displayName);
    };

    // A client of its own each time, whose cache holds no page yet.
    const pages = async (...steps) => {
      const fresh = create();
      fresh.setToken(token);
      let page;
      for (const step of steps) page = await fresh.fetch(projectsPageQuery, step(page?.projects.pageInfo));
      return page;
    };

    test('pages forward', async () => {
      const whole = await pages(() => ({ first: 6 }));
      const next = ({ endCursor }) => ({ first: 2, after: endCursor });
      const third = await pages(() => ({ first: 2 }), next, next);
      // The cache has put the pages together.
      assert.deepEqual(titles(third), titles(whole));
      assert.equal(new Set(titles(third)).size, 6);
    });

    test('pages backward', async () => {
      const whole = await pages(() => ({ last: 4 }));
      const both = await pages(
        () => ({ last: 2 }),
        ({ startCursor }) => ({ last: 2, before: startCursor }),
      );
      assert.deepEqual(titles(both), titles(whole));
    });

    test('a write changes what is cached, and a new read agrees', async () => {
      const displayName = `Renamed by ${name}`;
      await rename(displayName);
      assert.equal((await client.cached(sessionViewerQuery)).viewer.user.displayName, displayName);
      assert.equal((await client.fetch(sessionViewerQuery)).viewer.user.displayName, displayName);
    });
  });
}
