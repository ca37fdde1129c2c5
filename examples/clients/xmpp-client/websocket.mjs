// @xmpp/client wants the WebSocket that browsers have, and Node from version 22 on.
import { WebSocket } from 'ws';

globalThis.WebSocket ??= WebSocket;
