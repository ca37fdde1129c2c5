// Made by packages/make.py from crates/fake/src/control/openapi.json.

export type Error = {
  /** The mistake, and its repair. */
  error: string;
};

export type Explanation = {
  good: boolean;
  /** `none` if nothing broke. */
  first_broken_step: string;
  /** client, server, proxy, certificate, configuration, or none. */
  fault: string;
  /** Another side whose fault it may be, where the file cannot tell. */
  or: string | null;
  /** The failure, in a sentence. */
  finding: string;
  findings: Record<string, unknown>[];
  steps: Record<string, unknown>[];
  connections: Record<string, unknown>[];
  files: Record<string, unknown>[];
};

export type FaultParameter = {
  name: string;
  does: string;
  /** The kind of its value, e.g. DURATION. */
  kind: string;
  /** The value that it has where none is given. */
  usual: string | null;
  /** All values, if there is a list of them. */
  values: {
    value: string;
    does: string;
  }[];
};

export type Said = {
  /** Counted from the start of the fake. */
  number: number;
  /** Seconds of server time since the start. */
  at: number;
  /** Counted from 1; 0 is the fake itself. */
  connection: number;
  /** Full JID, or account. */
  who: string | null;
  speaker: 'client' | 'server' | 'nobody';
  kind: 'http' | 'text' | 'binary' | 'control' | 'octets' | 'fact';
  text: string;
  /** The request of the REST API that this is, or answers. */
  request?: {
    method: string;
    /** Path and query. */
    target: string;
    body: string;
  };
  /** The answer of the REST API that this is. */
  answer?: {
    status: number;
    body: string;
  };
};

export type Session = {
  connection: number;
  account: string | null;
  jid: string | null;
  phase: 'connected' | 'upgraded' | 'open' | 'authenticated' | 'bound' | 'available' | 'closing' | 'ghost';
  /** Seconds of server time. */
  since: number;
};

export type Fault = {
  id: number;
  /** The fault as written, with its defaults. */
  fault: string;
  does: string;
  /** Number of times. */
  struck: number;
};

export type Expectation = {
  id: number;
  pattern: string;
  at_least: number;
  at_most: number | null;
  came: number;
  met: boolean;
};

export type Named = {
  id: string;
  name: string;
};

export type Reason = {
  id: number;
  /** The code in reports. */
  code: number;
  label: string;
  category: string;
  /** Only the system uses it. */
  system: boolean;
};

export type AgentState = 'LOGOUT' | 'NOT_READY' | 'READY' | 'RESERVED' | 'RESERVED_OUTBOUND' | 'RESERVED_OUTBOUND_PREVIEW' | 'TALKING' | 'HOLD' | 'WORK' | 'WORK_READY';

export type AgentView = {
  id: string;
  login_name: string;
  first_name: string;
  last_name: string;
  extension: string;
  /** The phone with which it signed in as a mobile agent. */
  mobile?: {
    mode: string;
    dial_number: string;
  };
  /** The devices of its extension, if there are several to choose from. */
  devices?: Named[];
  /** The id of the device with which it signed in. */
  active_device?: string;
  team: Named;
  supervises: Named[];
  state: AgentState;
  pending_state: AgentState | null;
  /** The changes of state that may be asked for now. */
  allowed: ('LOGIN' | 'READY' | 'NOT_READY' | 'WORK' | 'LOGOUT')[];
  reason: Reason | null;
  since: string | null;
  wrap_up: {
    incoming: string;
    outgoing: string;
    seconds: number;
  };
  /** The last of its calls. */
  call: number | null;
  calls: number[];
  /** Whether its client is available. */
  present: boolean;
};

export type CallView = {
  id: number;
  state: string;
  from: string;
  to: string;
  dialed: string;
  call_type: string;
  queue: Named | null;
  parties: ({
    address: string;
    agent: string | null;
    state: string;
    cause: string | null;
    actions: string[];
    began: string;
    since: string;
  })[];
  variables: string[][];
  /** The call that a consultation or a listening supervisor is about. */
  associated?: number;
  wrap_up_reason?: string;
  /** The dialer's side of the call, if a dialer began it. */
  outbound?: {
    /** The number of the customer. */
    number: string;
    classification?: string;
    callback?: {
      time: string;
      number: string;
    };
  };
};

export type Acted = {
  /** null when the call has ended. */
  call: CallView | null;
  /** States of the agents that are signed in. */
  agents: Record<string, string>;
};

export type Queue = {
  id: string;
  name: string;
  number: string;
  statistics: Record<string, unknown>;
};

export type World = {
  flavour: 'ccx' | 'cce';
  teams: Named[];
  agents: AgentView[];
  calls: CallView[];
  queues: Queue[];
};
