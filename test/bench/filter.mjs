/**
 * What a filter costs a record: `node test/bench/filter.mjs CAPTURE [EXPRESSION...]` reads the capture's exchanges with each
 * filter and without, as a library, and prints the difference. Needs `npm run build`.
 */
import { analyzeTo } from '../../dist/index.js';
import { compileFilter, filteredSink } from '../../dist/filter/filter.js';

const [path, ...given] = process.argv.slice(2);
if (path === undefined) throw new Error('which capture?');
const expressions =
  given.length > 0 ? given : ['status >= 400 and host contains "api"', 'method == GET', 'path matches r"^/api/"'];

let exchanges = 0;
const count = {
  capture() {},
  connection() {},
  exchange() {
    exchanges++;
  },
  upgrade() {},
  frame() {},
  message() {},
  diagnostic() {},
  summary() {},
};

async function seconds(sink) {
  const before = process.cpuUsage();
  await analyzeTo(path, [sink], { maxBody: 0, doctor: false });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

await seconds(count);
exchanges = 0;
const bare = await seconds(count);
const all = exchanges;
console.log(`${all} exchanges, ${bare.toFixed(2)} s without a filter`);
for (const expression of expressions) {
  exchanges = 0;
  const filtered = await seconds(filteredSink(compileFilter(expression), count));
  const each = (((filtered - bare) * 1e9) / all).toFixed(0);
  console.log(`${expression}: ${exchanges} selected, ${each} ns an exchange`);
}
