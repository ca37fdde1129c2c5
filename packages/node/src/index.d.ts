// A fake Cisco Finesse notification server for tests of clients.
import { AssertionError } from 'node:assert';
import { AgentActs, CallActs } from './acts.js';
import type { Acted, AgentState, AgentView, CallView, Expectation, Explanation, Fault, FaultParameter, Queue as QueueView, Said, Session, World } from './schemas.js';

export type { Acted, AgentState, AgentView, CallView, Expectation, Explanation, Fault, FaultParameter, QueueView, Said, Session, World };

/** How a fake is started. All other options of `finesse-conformance mock --help` go into `args`. */
export interface Options {
  /** Accounts, each an agent: names with passwords. A name such as `agent00001..05000` is a range. Default: 1001 to 1010, `secret`. */
  users?: Record<string, string>;
  /** A TOML file with teams, agents, queues and reason codes. */
  world?: string;
  /** The XMPP domain. Default: `finesse.example.com`. */
  domain?: string;
  /** The server to imitate. Default: `finesse`. */
  profile?: 'finesse' | 'openfire-4.4' | 'strict';
  /** `ws://` instead of `wss://`. */
  plain?: boolean;
  /** Address and port, or a port of 127.0.0.1. Default: a free one. */
  listen?: string | number;
  /** Two servers with one world; the other is `second`. With an address, the second listens there. */
  pair?: boolean | string | number;
  /** Faults from the start, such as `drop-tcp after=success times=2`. */
  faults?: string[];
  /** PubSub nodes that every account may subscribe to. */
  nodes?: string[];
  /** Simulated calls a minute. */
  traffic?: number;
  /** The seed of the traffic. */
  seed?: number;
  /** How many times as fast as the clock on the wall the server's time passes. */
  speed?: number;
  /** The length of every list in answers and events. */
  collections?: 0 | 1 | 2 | 'many';
  /** `hostile` gives names, numbers and call variables texts that clients stumble over. */
  values?: string;
  /** Pages of other origins may use the REST API. */
  crossOrigin?: boolean;
  /** Serve the REST API, whatever the profile. */
  rest?: boolean;
  /** A folder whose files are served beside the API. */
  www?: string;
  /** Serve at these ports too, with and without TLS; `true` is for 7071, 7443 and 8082. */
  also?: boolean | number[];
  /** Serve XMPP over TCP at these ports, with and without TLS; `true` is for 5222 and 5223. */
  xmpp?: boolean | number[];
  /** Listen at these ports too, and tell each caller the right one; `true` is for 5222, 5223, 7071 and 7443. */
  hints?: boolean | number[];
  /** A file to which a line about each event of a client is appended. */
  log?: string;
  /** Further words for `finesse-conformance mock`. */
  args?: string[];
  /** The program. Default: the variable FINESSE_CONFORMANCE, or else the package of this platform. */
  program?: string;
  /** Milliseconds that the start may take. Default: 10000. */
  startWithin?: number;
}

/** A fake Finesse notification server in a process of its own, which ends with this process at the latest. */
export declare class FakeFinesse implements AsyncDisposable {
  /** Starts a fake. Rejects with what the program wrote to standard error if it is not ready in time. */
  static start(options?: Options): Promise<FakeFinesse>;
  private constructor();

  /** The WebSocket of the notification service. */
  readonly url: string;
  readonly boshUrl: string;
  /** The REST API, `https://…/finesse/api/`; null if it is not served. */
  readonly restUrl: string | null;
  readonly wwwUrl: string | null;
  readonly alsoPorts: number[];
  readonly xmppPorts: number[];
  readonly hintPorts: number[];
  readonly domain: string;
  /** The XMPP address of the publish-subscribe service. */
  readonly pubsubHost: string;
  readonly users: string[];
  /** The URL of the control port. */
  readonly control: string;
  /** The token that a browser needs at the control port. */
  readonly token: string;
  /** The authority to trust, as PEM; null with `plain`. */
  readonly ca: string | null;
  /** The file that has it, until the fake is stopped. */
  readonly caFile: string | null;
  /** The authority as an option of `ws`, `node:https`, `node:tls` and undici's `connect`: `new WebSocket(url, 'xmpp', fake.trust)`. */
  readonly trust: { ca?: string };
  /** Variables by which a child process trusts the authority, such as NODE_EXTRA_CA_CERTS. Node reads it only at the start. */
  readonly env: Record<string, string>;
  /** A dispatcher with which Node's own `fetch` and `WebSocket` trust the authority; undefined with `plain`. */
  readonly dispatcher: unknown;
  /** Node's own `fetch`, trusting the authority. Paths are relative to `restUrl`: `fake.fetch('User/1001')`. */
  readonly fetch: typeof globalThis.fetch;
  /** The other server of a pair. Both stop together. */
  readonly second: FakeFinesse | null;

  /** A request to the control port, for what has no method here. `path` fills in names in the route. */
  ask(method: string, route: string, path?: Record<string, string | number>, body?: unknown, query?: Record<string, unknown>): Promise<any>;

  /** Version, profile and addresses of the fake, and the routes of its control port. */
  about(): Promise<{ name: string; version: string; profile: string; url: string; domain: string; pubsub: string; users: string[]; routes: string[] }>;
  /** The connected clients. */
  sessions(): Promise<Session[]>;
  /** All that was said, without passwords. */
  transcript(selection?: Selection): Promise<{ forgotten: number; said: Said[] }>;
  /** The same as text, one line for each entry. */
  transcriptText(selection?: Selection): Promise<string>;
  clearTranscript(): Promise<void>;
  /** At which step a conversation in a file broke, and whose fault it is: a HAR, a log of a console, a transcript. */
  explain(file: string | Uint8Array): Promise<Explanation>;

  /**
   * Waits until a client has sent a message or request that fits the pattern, or has an answer that fits. Each message ends one
   * wait, also one that came before. `within` is in milliseconds, or text such as `10s`; default `5s`.
   * Rejects with {@link ExpectationNotMet}, which shows the nearest messages.
   */
  waitFor(pattern: string, options?: { within?: number | string }): Promise<Said>;
  /**
   * Expects a message from now on, at least once unless set otherwise. {@link verify} judges it, and so does the end of
   * `await using` and of the hooks.
   */
  expect(pattern: string, counts?: Counts): Promise<Expectation>;
  /** The expectations, and how often each came. */
  expectations(): Promise<Expectation[]>;
  /** Judges all expectations and removes them. Rejects with {@link ExpectationNotMet}, which shows the nearest messages. */
  verify(): Promise<void>;
  /** Publishes one XML element to a node, in the server's own name. */
  publish(node: string, payload: string): Promise<void>;
  /** Sends a text message, or octets below WebSocket, unasked and unchecked. Resolves with the number of connections. */
  inject(to: string, what: string | Uint8Array): Promise<number>;
  /** Ends sessions as an administrator does: of a user, a JID, or `#` and the number of a connection. Resolves with their number. */
  kick(who: string): Promise<number>;

  /** Misbehaves from now on, e.g. `drop-tcp after=event nth=1`. */
  fault(fault: string): Promise<Fault>;
  /** The present faults, and how often each has struck. */
  faults(): Promise<Fault[]>;
  removeFault(id: number): Promise<void>;
  removeFaults(): Promise<void>;
  /** The names of all faults, and what each does. */
  faultTable(): Promise<{ name: string; usage: string; does: string; parameters: FaultParameter[] }[]>;

  agent(id: string | number): Agent;
  call(id: number): Call;
  queue(id: string | number): Queue;
  /** The whole contact centre. */
  world(): Promise<World>;
  agents(): Promise<AgentView[]>;
  calls(): Promise<CallView[]>;
  queues(): Promise<QueueView[]>;
  systemStatus(): Promise<SystemStatus>;
  /** Sets the server in or out of service. */
  systemInfo(status: SystemStatus): Promise<void>;

  /** Drops all connections and resets world, nodes, faults, expectations and transcript. */
  reset(): Promise<void>;
  /** Ends the process. Expectations are not judged. */
  stop(): Promise<void>;
  /** Judges the expectations, then ends the process. */
  [Symbol.asyncDispose](): Promise<void>;
}

export type SystemStatus = 'IN_SERVICE' | 'OUT_OF_SERVICE';

/** How often a message is to come: so many times, or within bounds. Default: at least once. */
export type Counts = { times: number; atLeast?: never; atMost?: never } | { times?: never; atLeast?: number; atMost?: number };

/** A part of the transcript: one connection, entries after a number. */
export interface Selection {
  connection?: number;
  after?: number;
}

/** An agent. A change is published before its promise resolves. One that the state does not allow rejects, and says what it allows. */
export declare class Agent extends AgentActs {
  readonly fake: FakeFinesse;
  readonly id: string;
  view(): Promise<AgentView>;
  state(): Promise<AgentState>;
  /** Signs in, at its own extension or another. The state is then NOT_READY. */
  login(options?: { extension?: string }): Promise<AgentView>;
  /** Requests READY; `by` is the id of a supervisor who does it. */
  ready(options?: { by?: string }): Promise<AgentView>;
  /** Requests NOT_READY, perhaps with the id of a reason. */
  notReady(options?: { reason?: number; by?: string }): Promise<AgentView>;
  /** Requests the wrap-up. */
  work(): Promise<AgentView>;
  /** Signs out, perhaps with the id of a reason. */
  logout(options?: { reason?: number; by?: string }): Promise<AgentView>;
}

/** A call, which clients know as a dialog. With several agents in it, the first acts that may. */
export declare class Call extends CallActs {
  readonly fake: FakeFinesse;
  readonly id: number;
  view(): Promise<CallView>;
  state(): Promise<string>;
}

export declare class Queue {
  readonly fake: FakeFinesse;
  readonly id: string;
  view(): Promise<QueueView>;
  /** A caller dials the queue. Resolves with null if the caller waits: no agent is READY. */
  callFrom(number: string): Promise<Call | null>;
}

/** A message that was expected, or waited for, did not come, or came too often. The message shows the nearest ones. */
export declare class ExpectationNotMet extends AssertionError {}

/** The control port refused a request. The message says what would be right. */
export declare class FakeError extends Error {
  readonly status: number;
  readonly route: string;
}

/** The path of the program that is started. Throws an error that says where it was looked for. */
export declare function program(given?: string): string;
