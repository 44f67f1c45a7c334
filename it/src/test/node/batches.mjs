// The official client against a server: files, uploads, batches, webhooks and the errors of all these. The script is its own worker.
// Usage: node batches.mjs <base URL> <producer's key> <worker's key> <model, which is the queue too> <callback secret of the producer's key>
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI, { toFile } from 'openai';

const [baseURL, apiKey, workerKey, model, webhookSecret] = process.argv.slice(2);
const ENDPOINT = '/v1/chat/completions';
const PATIENCE = 30_000;
let requests = 0;
const client = new OpenAI({
  baseURL,
  apiKey,
  timeout: 20_000,
  fetch: (...call) => {
    requests++;
    return fetch(...call);
  },
});

const line = (id) =>
  JSON.stringify({
    custom_id: id,
    method: 'POST',
    url: ENDPOINT,
    body: { model, messages: [{ role: 'user', content: id }] },
  }) + '\n';

async function all(pages) {
  const found = [];
  for await (const one of pages) found.push(one);
  return found;
}

async function until(what, get, wanted) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const now = await get();
    if (wanted(now)) return now;
    assert.ok(Date.now() < end, `${what}: ${JSON.stringify(now)}`);
    await new Promise((later) => setTimeout(later, 100));
  }
}

/** Rejected by the client's class for the status, after one request: a bad request is not worth another try. */
async function rejected(call, type, status, code, param) {
  const before = requests;
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof type, `${error}`);
    assert.equal(error.status, status);
    assert.equal(error.type, 'invalid_request_error');
    assert.equal(error.code, code);
    assert.equal(error.param, param);
    assert.match(error.requestID, /^req_[0-9a-f]{32}$/);
    return true;
  });
  assert.equal(requests, before + 1);
}

async function queueCall(path, body) {
  const answer = await fetch(`${baseURL}/queue/${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${workerKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** Takes so many tasks of the queue and answers each; what says "bad" is refused. */
async function work(count) {
  const queue = `${model}:1`;
  const end = Date.now() + PATIENCE;
  for (let done = 0; done < count; ) {
    assert.ok(Date.now() < end, `${done} of ${count} lines came`);
    const taken = await queueCall('take', { queues: [queue], size: 10, wait_seconds: 5 });
    for (const task of taken[queue] ?? []) {
      const said = task.data.messages[0].content;
      await queueCall(
        `${task.task_id}/complete`,
        said === 'bad'
          ? { status_code: 429, request_id: 'r-bad', body: { error: { message: 'slow down' } } }
          : {
              status_code: 200,
              request_id: `r-${said}`,
              body: { said, usage: { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 } },
            },
      );
      done++;
    }
  }
}

const text = async (file) => (await client.files.content(file)).text();
const lines = async (file) =>
  (await text(file))
    .trimEnd()
    .split('\n')
    .map((one) => JSON.parse(one));

async function files(directory) {
  const content = line('one') + line('bad') + line('ünï');
  const path = join(directory, 'in.jsonl');
  writeFileSync(path, content);
  const streamed = await client.files.create({ purpose: 'batch', file: createReadStream(path) });
  assert.equal(streamed.object, 'file');
  assert.equal(streamed.filename, 'in.jsonl');
  assert.equal(streamed.bytes, Buffer.byteLength(content));
  assert.equal(streamed.status, 'processed');
  assert.equal(streamed.expires_at, streamed.created_at + 2_592_000);
  assert.match(streamed._request_id, /^req_/);

  const whole = await client.files.create({
    purpose: 'user_data',
    file: await toFile(Buffer.from('any bytes'), 'ä b.txt'),
    expires_after: { anchor: 'created_at', seconds: 3600 },
  });
  assert.equal(whole.filename, 'ä b.txt');
  assert.equal(whole.expires_at, whole.created_at + 3600);

  const ids = (await all(client.files.list({ limit: 1, order: 'asc' }))).map((file) => file.id);
  assert.deepEqual(ids, [streamed.id, whole.id]);
  assert.deepEqual((await all(client.files.list({ purpose: 'batch' }))).map((file) => file.id), [streamed.id]);
  assert.deepEqual({ ...(await client.files.retrieve(whole.id)) }, { ...whole });
  assert.equal(await text(whole.id), 'any bytes');
  assert.equal(await text(streamed.id), content);

  assert.deepEqual({ ...(await client.files.delete(whole.id)) }, { id: whole.id, object: 'file', deleted: true });
  await rejected(() => client.files.retrieve(whole.id), OpenAI.NotFoundError, 404, null, 'id');
  await rejected(() => client.files.content(whole.id), OpenAI.NotFoundError, 404, null, 'id');
  const file = await toFile(Buffer.from('x'), 'x');
  await rejected(() => client.files.create({ purpose: 'unknown', file }), OpenAI.BadRequestError, 400, null, null);
  return streamed.id;
}

async function uploads() {
  const halves = [line('first'), line('second')];
  const begin = () =>
    client.uploads.create({
      bytes: Buffer.byteLength(halves.join('')),
      filename: 'parts.jsonl',
      mime_type: 'application/jsonl',
      purpose: 'batch',
    });
  const part = async (upload, content) =>
    (await client.uploads.parts.create(upload, { data: await toFile(Buffer.from(content), 'part') })).id;

  const upload = await begin();
  assert.equal(upload.status, 'pending');
  assert.equal(upload.file, null);
  const second = await part(upload.id, halves[1]);
  const first = await part(upload.id, halves[0]);
  const part_ids = [first, second];
  await rejected(
    () => client.uploads.complete(upload.id, { part_ids, md5: '0'.repeat(32) }),
    OpenAI.BadRequestError,
    400,
    'invalid_checksum',
    'md5',
  );
  const md5 = createHash('md5').update(halves.join('')).digest('hex');
  const completed = await client.uploads.complete(upload.id, { part_ids, md5 });
  assert.equal(completed.status, 'completed');
  assert.equal(await text(completed.file.id), halves.join(''));

  const given = await begin();
  assert.equal((await client.uploads.cancel(given.id)).status, 'cancelled');
  await rejected(() => part(given.id, halves[0]), OpenAI.BadRequestError, 400, 'invalid_upload_status', null);
  return completed.file.id;
}

/** Where the server tells of the end of a batch: each call as it came. */
async function receiver() {
  const received = [];
  const server = createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
      response.writeHead(200).end();
    });
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { received, url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

async function batches(input, other, webhook) {
  const create = (input_file_id, options) =>
    client.batches.create(
      { input_file_id, endpoint: ENDPOINT, completion_window: '24h', metadata: { team: 'search' } },
      options,
    );
  const once = { headers: { 'X-Webhook-Url': webhook.url, 'Idempotency-Key': `once-${model}` } };

  const created = await create(input, once);
  assert.equal(created.status, 'validating');
  assert.equal(created.expires_at, created.created_at + 86_400);
  assert.deepEqual(created.metadata, { team: 'search' });
  await work(3);
  const done = await until(
    'The batch is completed',
    () => client.batches.retrieve(created.id),
    (batch) => batch.status === 'completed',
  );
  assert.deepEqual(done.request_counts, { total: 3, completed: 2, failed: 1 });
  assert.equal(done.model, model);
  assert.equal(done.usage.total_tokens, 10);
  assert.equal(done.errors, null);
  const output = await lines(done.output_file_id);
  assert.deepEqual(output.map((one) => [one.custom_id, one.response.body.said]).sort(), [
    ['one', 'one'],
    ['ünï', 'ünï'],
  ]);
  const [failed] = await lines(done.error_file_id);
  assert.equal(failed.custom_id, 'bad');
  assert.equal(failed.response.status_code, 429);
  assert.equal(failed.error, null);

  // the first answer again, whatever has become of the batch
  assert.deepEqual({ ...(await create(input, once)) }, { ...created });
  await rejected(() => create(other, once), OpenAI.ConflictError, 409, 'idempotency_key_reused', null);

  const [event] = await until(
    'The event has come',
    () => webhook.received,
    (received) => received.length > 0,
  );
  const told = await client.webhooks.unwrap(event.body, event.headers, webhookSecret);
  assert.equal(told.object, 'event');
  assert.equal(told.type, 'batch.completed');
  assert.deepEqual(told.data, { id: created.id });
  await assert.rejects(
    client.webhooks.unwrap(event.body.replace('completed', 'failed'), event.headers, webhookSecret),
    OpenAI.InvalidWebhookSignatureError,
  );

  const second = await create(other);
  assert.equal((await client.batches.cancel(second.id)).status, 'cancelling');
  const cancelled = await until(
    'The batch is cancelled',
    () => client.batches.retrieve(second.id),
    (batch) => batch.status === 'cancelled',
  );
  assert.equal(cancelled.output_file_id, null);
  assert.equal((await client.batches.cancel(second.id)).status, 'cancelled');
  assert.deepEqual(
    (await all(client.batches.list({ limit: 1 }))).map((batch) => batch.id),
    [second.id, created.id],
  );

  await rejected(() => client.batches.cancel(created.id), OpenAI.ConflictError, 409, null, null);
  await rejected(() => client.batches.retrieve('batch_none'), OpenAI.NotFoundError, 404, null, null);
  await rejected(
    () => client.batches.create({ input_file_id: input, endpoint: ENDPOINT }),
    OpenAI.BadRequestError,
    400,
    'missing_required_parameter',
    'completion_window',
  );
}

const directory = mkdtempSync(join(tmpdir(), 'carillon-'));
const webhook = await receiver();
try {
  const input = await files(directory);
  const other = await uploads();
  await batches(input, other, webhook);
} finally {
  webhook.close();
  rmSync(directory, { recursive: true });
}
console.log('all well');
