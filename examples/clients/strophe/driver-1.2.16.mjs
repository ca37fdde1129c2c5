// strophe.js 1.2.16 is made for browsers: xmldom and ws supply the objects that it looks for.
import { DOMImplementation, DOMParser, XMLSerializer } from '@xmldom/xmldom';
import { WebSocket } from 'ws';
import * as gate from '../../../recipes/node/contract.mjs';
import { application } from './application.mjs';

const document = new DOMImplementation().createDocument(null, 'html');
Object.assign(globalThis, { window: globalThis, document, DOMParser, XMLSerializer, WebSocket });
if (gate.env('TRANSPORT') === 'bosh') await import('./requests.mjs');
const { default: strophe } = await import('strophe.js-1.2.16');

gate.run(application(strophe, gate));
