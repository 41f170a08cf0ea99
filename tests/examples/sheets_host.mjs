/**
 * A fake of what Google Sheets gives a custom function: the services that Code.gs uses, with their
 * limits. HTTP is real and, as in Apps Script, synchronous: a worker asks while this thread waits.
 *
 *   node sheets_host.mjs < {"script", "base_url", "allow_simulator", "zone", "calls": [[name, ...]]}
 *
 * Prints the calls' results as JSON. A date is {"$date": "2026-08-14T06:00:00Z"}.
 */
import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads';

const MAX_URL = 2048; // https://developers.google.com/apps-script/guides/services/quotas
const MAX_KEY = 250;
const MAX_SECONDS = 21600;

const ASKING = `
  const { parentPort, workerData } = require('node:worker_threads');
  parentPort.on('message', async urls => {
    const answers = await Promise.all(urls.map(async url => {
      try {
        const answer = await fetch(url);
        return { status: answer.status, text: await answer.text() };
      } catch (error) {
        return { failure: String(error.cause?.code ?? error) };
      }
    }));
    workerData.port.postMessage(answers);
    Atomics.store(workerData.flag, 0, 1);
    Atomics.notify(workerData.flag, 0);
  });
`;

const { port1, port2 } = new MessageChannel();
const flag = new Int32Array(new SharedArrayBuffer(4));
const asking = new Worker(ASKING, {
  eval: true, workerData: { port: port2, flag }, transferList: [port2],
});

function askAll(urls) {
  Atomics.store(flag, 0, 0);
  asking.postMessage(urls);
  Atomics.wait(flag, 0, 0);
  return receiveMessageOnPort(port1).message;
}

const UrlFetchApp = {
  fetchAll(requests) {
    if (requests.some(({ url }) => url.length > MAX_URL)) {
      throw new Error('Limit Exceeded: URLFetch URL Length.');
    }
    return askAll(requests.map(({ url }) => url)).map(({ status, text, failure }, at) => {
      if (failure) throw new Error(`Address unavailable: ${requests[at].url.slice(0, 40)}`);
      if (status >= 400 && !requests[at].muteHttpExceptions) throw new Error(`returned ${status}`);
      return { getResponseCode: () => status, getContentText: () => text };
    });
  },
};

const kept = new Map();
const cache = {
  getAll: keys => Object.fromEntries(keys.filter(key => kept.has(key)).map(key => [key, kept.get(key)])),
  putAll(values, seconds) {
    for (const [key, value] of Object.entries(values)) {
      if (key.length > MAX_KEY || typeof value !== 'string') throw new Error(`Invalid: ${key}`);
      if (seconds > MAX_SECONDS) throw new Error('Invalid argument: expirationInSeconds');
      kept.set(key, value);
    }
  },
};

function formatDate(date, zone, pattern) {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit',
    hour: '2-digit', minute: '2-digit',
  }).formatToParts(date);
  const of = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return { 'yyyy-MM-dd': `${of.year}-${of.month}-${of.day}`, 'HH:mm': `${of.hour}:${of.minute}` }[pattern];
}

const input = JSON.parse(readFileSync(0, 'utf8'));
const script = readFileSync(input.script, 'utf8')
  .replace(/^const BASE_URL = .*$/m, `const BASE_URL = ${JSON.stringify(input.base_url)};`)
  .replace(/^const ALLOW_SIMULATOR = .*$/m, `const ALLOW_SIMULATOR = ${input.allow_simulator};`);
const context = vm.createContext({
  UrlFetchApp,
  CacheService: { getDocumentCache: () => cache, getScriptCache: () => cache },
  SpreadsheetApp: { getActive: () => ({ getSpreadsheetTimeZone: () => input.zone }) },
  Utilities: { formatDate },
});
vm.runInContext(script, context, { filename: 'Code.gs' });

const revived = value => {
  if (Array.isArray(value)) return value.map(revived);
  return value?.$date ? new Date(value.$date) : value ?? undefined;
};
const results = input.calls.map(([name, ...words]) => context[name](...words.map(revived)));
process.stdout.write(JSON.stringify(results));
await asking.terminate();
