import * as strophe from 'strophe.js';
import * as gate from '../../../recipes/node/contract.mjs';
import { application } from './application.mjs';

gate.run(application(strophe, gate));
