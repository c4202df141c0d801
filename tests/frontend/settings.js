// What the checks run against, and who they sign in as.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema } from 'graphql';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

export const url = process.env.TEST_URL ?? 'http://127.0.0.1:8000';
export const endpoint = `${url}/graphql`;
export const schemaFile = process.env.TEST_SCHEMA ?? path('../../schema.graphql');
export const funder = {
  email: process.env.DEMO_EMAIL ?? 'funder@demo.example.org',
  password: process.env.DEMO_PASSWORD ?? 'impact-demo-2026',
};

export const operationsFolder = path('operations');
export const examplesFolder = path('../../api/ide/examples');

export const readSdl = () => readFileSync(schemaFile, 'utf8');
export const readSchema = () => buildSchema(readSdl());
/** A folder for the length of one test. */
export const temporaryFolder = (test) => {
  const folder = mkdtempSync(join(tmpdir(), 'impact-frontend-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Runs a tool of this package in a folder; what it prints is the failure. */
export const run = (folder, name, ...args) => {
  const { status, stdout, stderr } = spawnSync(path(`node_modules/.bin/${name}`), args, {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${name}\n${stdout}\n${stderr}`);
};

/** One plain request, for the checks that need no client library. */
export const ask = async (query, variables, headers) => {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
};

/** The headers of a request by whoever has this address; the demo's people share a password. */
export const signInAs = async (email) => {
  const signIn =
    'mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) { tokens { accessToken } errors { message } } }';
  const { data, errors } = await ask(signIn, { input: { email, password: funder.password } });
  assert.ok(data?.sessionCreate?.tokens, `${email} can sign in: ${JSON.stringify(errors ?? data)}`);
  return { authorization: `Bearer ${data.sessionCreate.tokens.accessToken}` };
};

export const signInAsFunder = () => signInAs(funder.email);
