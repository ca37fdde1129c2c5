#!/bin/sh
# The reference client, against a fake that runs already:
#
#     sh client.sh 127.0.0.1:8445 'login; stay 2s; sign-out' --fault no-presence
#
# The second argument has the verbs of docs/driver.md. Variables choose another agent, resource or
# second server: USER_ID, RESOURCE, OTHER; CA is the certificate of the fake's authority.
address=$1
export CONFORMANCE_DO="$2"
shift 2
export CONFORMANCE_URL="wss://$address/ws/" CONFORMANCE_REST="https://$address/finesse/api"
if [ -n "$OTHER" ]; then
    export CONFORMANCE_URL_OTHER="wss://$OTHER/ws/" CONFORMANCE_REST_OTHER="https://$OTHER/finesse/api"
fi
export CONFORMANCE_CA="${CA-ca.pem}"
export CONFORMANCE_DOMAIN=finesse.example.com CONFORMANCE_PUBSUB=pubsub.finesse.example.com
export CONFORMANCE_USER="${USER_ID:-1001}" CONFORMANCE_PASSWORD=secret
export CONFORMANCE_EXTENSION="108${USER_ID:-1001}" CONFORMANCE_RESOURCE="${RESOURCE:-desktop}"
exec target/debug/finesse-client "$@"
