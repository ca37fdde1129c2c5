// Made by packages/make.py from crates/fake/src/control/openapi.json.
import type { Call } from './index.js';
import type { Acted, AgentView } from './schemas.js';

export declare class AgentActs {
  /** `accept`. The agent acts on the last of its calls that allows the act. */
  accept(): Promise<AgentView>;
  /** `answer`. The agent acts on the last of its calls that allows the act. */
  answer(): Promise<AgentView>;
  /** A supervisor who listens comes into the call. */
  bargeIn(): Promise<AgentView>;
  /** The agent calls a number. */
  call(number: string): Promise<Call>;
  /** `cancel-callback`. The agent acts on the last of its calls that allows the act. */
  cancelCallback(): Promise<AgentView>;
  /** `close`. The agent acts on the last of its calls that allows the act. */
  close(): Promise<AgentView>;
  /** `conference`. The agent acts on the last of its calls that allows the act. */
  conference(): Promise<AgentView>;
  /** The agent holds its call and calls a number about it; the answer is the consultation. */
  consult(number: string): Promise<Call>;
  /** The agent takes another party out of a conference. */
  dropParticipant(address: string): Promise<AgentView>;
  /** `hang-up`. The agent acts on the last of its calls that allows the act. */
  hangUp(): Promise<AgentView>;
  /** `hold`. The agent acts on the last of its calls that allows the act. */
  hold(): Promise<AgentView>;
  /** A supervisor listens to an agent of a supervised team; the answer is the supervisor's own call. */
  listenTo(agent: string): Promise<Call>;
  /** A dialer offers a customer to an agent that is READY; the answer is the reservation. */
  preview(campaign: string, number: string): Promise<Call>;
  /** The agent says what it found at the other end of its outbound call. */
  reclassify(classification: 'VOICE' | 'FAX' | 'ANS_MACHINE' | 'INVALID' | 'BUSY' | 'DO_NOT_CALL'): Promise<AgentView>;
  /** `reject`. The agent acts on the last of its calls that allows the act. */
  reject(): Promise<AgentView>;
  /** `retrieve`. The agent acts on the last of its calls that allows the act. */
  retrieve(): Promise<AgentView>;
  /** A call from outside rings. */
  ring(from: string): Promise<Call>;
  /** The agent schedules a callback to the customer of its outbound call. */
  scheduleCallback(time: string): Promise<AgentView>;
  /** The agent sends digits as tones. */
  sendDtmf(digits: string): Promise<AgentView>;
  /** `start-recording`. The agent acts on the last of its calls that allows the act. */
  startRecording(): Promise<AgentView>;
  /** `transfer`. The agent acts on the last of its calls that allows the act. */
  transfer(): Promise<AgentView>;
  /** The agent sends its call to a number and leaves, without a consultation. */
  transferTo(number: string): Promise<AgentView>;
}

export declare class CallActs {
  /** `answer`. An agent or the other side acts on a call. */
  answer(): Promise<Acted>;
  /** A call that an agent has made fails. */
  fails(cause: 'BUSY' | 'BAD_DESTINATION' | 'OTHER'): Promise<Acted>;
  /** `hang-up`. An agent or the other side acts on a call. */
  hangUp(): Promise<Acted>;
  /** `hold`. An agent or the other side acts on a call. */
  hold(): Promise<Acted>;
  /** `other-side-answers`. An agent or the other side acts on a call. */
  otherSideAnswers(): Promise<Acted>;
  /** `other-side-hangs-up`. An agent or the other side acts on a call. */
  otherSideHangsUp(): Promise<Acted>;
  /** `retrieve`. An agent or the other side acts on a call. */
  retrieve(): Promise<Acted>;
  /** Sets a call variable. */
  setVariable(name: string, value: string): Promise<Acted>;
  /** Sets the reason of the wrap-up. */
  setWrapUpReason(reason: string): Promise<Acted>;
}
