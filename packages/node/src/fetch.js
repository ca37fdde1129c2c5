// Trust for Node's own `fetch`, which takes a dispatcher and no certificates.

// Node's `fetch` is a copy of undici inside Node, which takes dispatchers of its own release for sure, and of others perhaps.
// It leaves its dispatcher at this symbol when it is first used, so the right class comes from there.
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/** A dispatcher for Node's own `fetch` and `WebSocket` that trusts this authority; undefined without one. */
export function dispatcher(ca) {
  if (!ca) return undefined;
  void globalThis.Response; // Loads undici.
  const present = globalThis[DISPATCHER];
  const Agent = present?.constructor;
  if (Agent?.name !== 'Agent') {
    throw new Error(
      `this Node (${process.version}) does not say which dispatcher its fetch takes (found ${Agent?.name ?? 'none'}); ` +
        'use `new Agent({ connect: fake.trust })` and `fetch` of the package undici, or start the process with NODE_EXTRA_CA_CERTS',
    );
  }
  return new Agent({ connect: { ca } });
}
