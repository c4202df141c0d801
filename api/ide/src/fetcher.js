// GraphiQL's way to the server: the session's requests, and server-sent events for subscriptions.
import { getOperationAST } from 'graphql';
import { post, request } from './session.js';

export const fetcher = (params, { headers, documentAST } = {}) => {
  const operation = documentAST && getOperationAST(documentAST, params.operationName);
  return operation?.operation === 'subscription' ? events(params, headers) : request(params, { headers });
};

const events = (params, headers) => ({
  subscribe(observer) {
    const abort = new AbortController();
    listen(params, headers, abort.signal, observer).then(
      () => observer.complete(),
      (error) => abort.signal.aborted || observer.error(error),
    );
    return { unsubscribe: () => abort.abort() };
  },
});

const listen = async (params, headers, signal, observer) => {
  const accept = 'text/event-stream, application/json;q=0.5';
  const response = await post(params, { headers: { ...headers, accept }, signal });
  // A refused request is answered with one plain result.
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    return observer.next(await response.json());
  }
  let rest = '';
  for await (const text of chunks(response)) {
    const blocks = (rest + text).split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const { event, data } of blocks.map(parse)) {
      if (event === 'complete') return;
      if (event === 'next') observer.next(JSON.parse(data));
    }
  }
};

const parse = (block) => {
  const lines = block.split(/\r?\n/);
  const field = (name) =>
    lines
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trim())
      .join('\n');
  return { event: field('event'), data: field('data') };
};

async function* chunks(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    yield value;
  }
}
