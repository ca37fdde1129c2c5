// The types, as a strict compiler reads them.
import { WebSocket } from 'ws';
import { type AgentState, ExpectationNotMet, FakeFinesse, type Said } from 'finesse-conformance';
import { useFakeFinesse } from 'finesse-conformance/node-test';
import { test } from 'finesse-conformance/vitest';

await using fake = await FakeFinesse.start({ users: { '1001': 'secret' }, faults: ['reorder'], pair: true });
new WebSocket(fake.url, 'xmpp', fake.trust);
const call = await fake.agent('1001').ring('5550100');
const { agents } = await call.answer();
const state: AgentState = await fake.agent(1001).state();
const said: Said = await fake.waitFor('<presence/>', { within: '10s' });
await fake.expect('<presence/>', { atLeast: 1 }).catch((error: unknown) => error instanceof ExpectationNotMet);
console.log(state, said.answer?.status, agents['1001'], fake.second?.url, useFakeFinesse().url);
const status: number = (await fake.fetch('User/1001')).status;
test('a fixture', async ({ fake }) => void [fake.url, status]);

// @ts-expect-error The option is `users`.
await FakeFinesse.start({ user: {} });
// @ts-expect-error An expectation has either `times`, or bounds.
await fake.expect('<presence/>', { times: 1, atLeast: 2 });
// @ts-expect-error There is no such classification.
await fake.agent('1001').reclassify('CAT');
// @ts-expect-error Only `start` makes fakes.
new FakeFinesse();
