// Requests as strophe.js makes them over BOSH: browsers have XMLHttpRequest and read the answers, Node has both from packages.
import { DOMParser } from '@xmldom/xmldom';
import Request from 'xmlhttprequest-ssl';

const xmlParser = (text) => new DOMParser().parseFromString(text, 'text/xml');

globalThis.XMLHttpRequest = class extends Request {
  constructor() {
    super({ xmlParser });
  }
};
