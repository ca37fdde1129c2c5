import * as strophe from 'strophe.js';
import * as gate from '../../../recipes/node/contract.mjs';
import { application } from './application.mjs';

if (gate.env('TRANSPORT') === 'bosh') await import('./requests.mjs');

gate.run(application(strophe, gate));
