// The official client against a server on which a worker serves the model: chat, stream, embeddings, models, errors.
// Usage: node online.mjs <base URL> <key> <chat model> <embeddings model>
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const [baseURL, apiKey, model, embedder] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 20_000 });
const messages = [{ role: 'user', content: 'hello' }];

const whole = await client.chat.completions.create({ model, messages });
assert.equal(whole.choices[0].message.content, 'hello');
assert.match(whole._request_id, /^req_[0-9a-f]{32}$/);

const pieces = [];
for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
  pieces.push(chunk.choices[0].delta.content);
}
assert.deepEqual(pieces, ['hel', 'lo']);

const embedded = await client.embeddings.create({ model: embedder, input: 'x', encoding_format: 'float' });
assert.deepEqual(embedded.data[0].embedding, [0.5, -1]);

const ids = [];
for await (const one of client.models.list()) ids.push(one.id);
assert.ok(ids.includes(model) && ids.includes(embedder));
assert.equal((await client.models.retrieve(model)).object, 'model');

await assert.rejects(client.chat.completions.create({ model: 'nobody-has-it', messages }), (error) => {
  assert.ok(error instanceof OpenAI.NotFoundError);
  assert.equal(error.code, 'model_not_found');
  assert.equal(error.param, 'model');
  assert.match(error.requestID, /^req_/);
  return true;
});
await assert.rejects(client.withOptions({ apiKey: 'sk-nobody-has-it' }).models.list(), (error) => {
  assert.ok(error instanceof OpenAI.AuthenticationError);
  assert.equal(error.code, 'invalid_api_key');
  return true;
});
const broken = client.chat.completions.create({ model, messages: [{ role: 'user', content: 'break' }], stream: true });
await assert.rejects(
  (async () => {
    for await (const chunk of await broken) assert.equal(chunk.choices[0].delta.content, 'hel');
  })(),
  (error) => error instanceof OpenAI.APIError && /broke/.test(error.message),
);
console.log('all well');
