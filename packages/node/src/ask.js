// Requests to the control port. They use `node:http`: a test may have put something else in the place of `fetch`.
import { AssertionError } from 'node:assert';
import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

/** The control port refused a request. The message says what would be right. */
export class FakeError extends Error {
  name = 'FakeError';

  constructor(message, status, route) {
    super(message);
    this.status = status;
    this.route = route;
  }
}

/** A message that was expected, or waited for, did not come, or came too often. The message shows the nearest ones. */
export class ExpectationNotMet extends AssertionError {
  constructor(report) {
    super({ message: report });
    this.name = 'ExpectationNotMet';
  }
}

/** Routes whose 409 is an expectation that is not met. */
const EXPECT = ['/verify', '/wait'];

/** Sends a request; resolves with the text of the answer. `path` fills in the route. A body of octets is sent as it is. */
export async function askText(control, method, route, path = {}, body, query = {}) {
  const filled = route.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name]));
  const url = new URL(filled, control);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  const asking = request(url, { method, agent: false });
  asking.end(body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body));
  let answer;
  try {
    [answer] = await once(asking, 'response');
  } catch (cause) {
    throw new FakeError(`the fake does not answer at ${control}; has it been stopped? (${cause.message})`, 0, `${method} ${route}`);
  }
  const said = await text(answer);
  if (answer.statusCode < 300) return said;
  const { error } = JSON.parse(said);
  if (answer.statusCode === 409 && EXPECT.includes(route)) throw new ExpectationNotMet(error);
  throw new FakeError(error, answer.statusCode, `${method} ${route}`);
}
