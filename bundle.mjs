/**
 * Second half of the build: the program in a few files, `dist/bundle`, out of the modules that the compiler leaves in
 * `dist`. Finding and reading some 240 of them one by one was a third of what every command took to start. Libraries stay
 * outside, in `node_modules`.
 */
import { build } from 'rolldown';

await build({
  input: {
    main: 'dist/cli/main.js',
    // A thread of its own, started by its file's name.
    'owner-worker': 'dist/source/tap/owner-worker.js',
  },
  external: (id) => !/^[./]/.test(id),
  platform: 'node',
  output: { dir: 'dist/bundle', chunkFileNames: '[name].js', cleanDir: true, minify: 'dce-only', comments: false },
  logLevel: 'warn',
});
