import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const source = (name) => fileURLToPath(new URL(`src/${name}`, import.meta.url));

export default defineConfig({
  // The server answers `/` with index.html and `/ide/assets/...` with the rest.
  base: '/ide/',
  resolve: {
    alias: [
      // GraphiQL asks for every contribution of the editor; we load those it uses.
      { find: 'monaco-editor/esm/vs/editor/edcore.main.js', replacement: source('monaco.js') },
      // It also brings a whole JavaScript parser only to indent the variables' JSON.
      { find: /^prettier\/(plugins\/estree|parser-babel)$/, replacement: source('jsonc.js') },
      // The same parser under an older name.
      { find: 'prettier/parser-graphql', replacement: 'prettier/plugins/graphql' },
    ],
  },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // An inline polyfill would need a hole in the content security policy.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      // Libraries mark files for server rendering; there is none here.
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
    },
  },
  server: { proxy: { '/graphql': 'http://127.0.0.1:8000' } },
});
