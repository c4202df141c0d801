// Who is at the keyboard, in which language, and the one way this page talks to the API.
import { useSyncExternalStore } from 'react';

const ENDPOINT = '/graphql';
const TOKENS = 'impact.tokens';
const LANGUAGE = 'impact.language';

const PAYLOAD = 'tokens { accessToken refreshToken expiresIn } errors { code path message }';
const SIGN_IN = `mutation SignIn($input: SessionCreateInput!) { sessionCreate(input: $input) { ${PAYLOAD} } }`;
const REFRESH = `mutation Refresh($input: SessionRefreshInput!) { sessionRefresh(input: $input) { ${PAYLOAD} } }`;
const SIGN_OUT = 'mutation SignOut { sessionEnd(input: {}) { errors { code } } }';
const VIEWER = 'query Viewer { viewer { user { id displayName } isAuthenticated } }';

const browserLanguage = navigator.language.startsWith('fr') ? 'fr' : 'en';
let state = {
  // Session storage ends with the tab: no token outlives it on this machine.
  tokens: JSON.parse(sessionStorage.getItem(TOKENS)),
  language: localStorage.getItem(LANGUAGE) ?? browserLanguage,
  user: null,
};
document.documentElement.lang = state.language;

const listeners = new Set();
const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const update = (change) => {
  state = { ...state, ...change };
  listeners.forEach((listener) => listener());
};

export const useSession = () => useSyncExternalStore(subscribe, () => state);

export const setLanguage = (language) => {
  localStorage.setItem(LANGUAGE, language);
  document.documentElement.lang = language;
  update({ language });
  return loadViewer();
};

const setTokens = (tokens) => {
  if (tokens) sessionStorage.setItem(TOKENS, JSON.stringify(tokens));
  else sessionStorage.removeItem(TOKENS);
  update(tokens ? { tokens } : { tokens, user: null });
};

/** Posts one operation as it is. */
export const post = (body, { headers, signal } = {}) =>
  fetch(ENDPOINT, {
    method: 'POST',
    signal,
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      'accept-language': state.language,
      ...(state.tokens && { authorization: `Bearer ${state.tokens.accessToken}` }),
      ...headers,
    },
    body: JSON.stringify(body),
  });

const json = async (response) => {
  const isJson = /json/.test(response.headers.get('content-type'));
  if (!isJson) throw new Error(`The server answered ${response.status} ${response.statusText}`.trim());
  return response.json();
};

// A refresh token works once, so requests that find the session expired together share one refresh.
let refreshing = null;
const refresh = () => (refreshing ??= refreshOnce().finally(() => (refreshing = null)));
const refreshOnce = async () => {
  const { refreshToken } = state.tokens;
  // The expired access token would only get this request refused as well.
  update({ tokens: null });
  const { data } = await json(await post({ query: REFRESH, variables: { input: { refreshToken } } }));
  setTokens(data?.sessionRefresh?.tokens ?? null);
  return Boolean(state.tokens);
};

const isRefused = ({ errors }) => errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED');

/** Runs one operation; when its token has expired, once more with a fresh one. */
export const request = async (body, options) => {
  const result = await json(await post(body, options));
  if (!isRefused(result) || !(refreshing ?? state.tokens)) return result;
  return (await refresh()) ? json(await post(body, options)) : result;
};

export const loadViewer = async () => {
  const { data } = await request({ query: VIEWER });
  update({ user: data?.viewer?.user ?? null });
};

/** Returns the messages of what went wrong: none when signed in. */
export const signIn = async (email, password) => {
  const { data, errors } = await request({ query: SIGN_IN, variables: { input: { email, password } } });
  const refusals = errors ?? data?.sessionCreate?.errors ?? [];
  if (data?.sessionCreate?.tokens) {
    setTokens(data.sessionCreate.tokens);
    await loadViewer();
  }
  return refusals.map(({ message }) => message);
};

export const signOut = async () => {
  // Whatever the server says, the tokens leave this page.
  await post({ query: SIGN_OUT }).catch(() => {});
  setTokens(null);
};
