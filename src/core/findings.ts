/**
 * The part of the catalogue (`diagnostics.ts`) that the doctor reports: judgements on whole exchanges, conversations and
 * captures. What it reports is no damage to the capture, so most entries say what to do about it.
 *
 * Severities here: a rule is broken that others rely on, and something fails by it: error. A rule is broken, or it will
 * likely fail: warning. Worth knowing, on sound traffic too: note.
 */
import type { DiagnosticEntry, Severity } from './diagnostics.ts';

function finding(severity: Severity, title: string, reference: string, remedy: string): DiagnosticEntry {
  return { severity, title, reference, remedy };
}

/** What a proxy must pass on for an upgrade to get through. */
export const nginxUpgradeLines: readonly string[] = [
  'proxy_http_version 1.1;',
  'proxy_set_header Upgrade $http_upgrade;',
  'proxy_set_header Connection "upgrade";',
];
const mendProxy = ['Let the proxy pass them on. In nginx:', ...nginxUpgradeLines.map((line) => `  ${line}`)].join('\n');

export const findings = {
  // --- HTTP: what a status demands -----------------------------------------------------------------------------------
  'http.created-without-location': finding(
    'note',
    'a 201 response that does not say where the new resource is',
    'RFC 9110 15.3.2',
    'Send Location with the URL of what was created.',
  ),
  'http.partial-without-range': finding(
    'error',
    'a 206 response to a request that asked for no range',
    'RFC 9110 15.3.7',
    'Answer 200 with the whole, or look for a cache that mixes up its entries.',
  ),
  'http.partial-mismatch': finding(
    'error',
    'a 206 response with another range than was asked for',
    'RFC 9110 14.4',
    'Compare Content-Range with Range before the parts are put together.',
  ),
  'http.partial-without-content-range': finding(
    'error',
    'a 206 response that does not say which part it is',
    'RFC 9110 15.3.7.1',
    'Send Content-Range, or the media type multipart/byteranges.',
  ),
  'http.unexpected-content': finding(
    'error',
    'content behind a response that has none: the client reads it as the next response',
    'RFC 9112 6.3',
    'Send no content with 204, 304 and to HEAD; the connection cannot be used any further.',
  ),
  'http.not-modified-unasked': finding(
    'error',
    'a 304 response to a request without a condition',
    'RFC 9110 15.4.5',
    'Answer 200 with the content: this client has nothing to reuse.',
  ),
  'http.bad-request': finding(
    'note',
    'the server could not make sense of a request',
    'RFC 9110 15.5.1',
    'The response often says what it missed; compare with a request that was accepted.',
  ),
  'http.unauthorized-without-challenge': finding(
    'warning',
    'a 401 response that does not say how to authenticate',
    'RFC 9110 15.5.2',
    'Send WWW-Authenticate with the scheme, like Bearer or Basic.',
  ),
  'http.credentials-missing': finding(
    'note',
    'the server wants credentials, and the request carried none',
    'RFC 9110 11.6.1',
    'Send Authorization for the scheme in WWW-Authenticate.',
  ),
  'http.credentials-refused': finding(
    'note',
    'the server refused the credentials of a request',
    'RFC 9110 15.5.2',
    'Check that they have not expired and are meant for this realm; repeating them will not help.',
  ),
  'http.proxy-unauthorized-without-challenge': finding(
    'warning',
    'a 407 response that does not say how to authenticate',
    'RFC 9110 15.5.8',
    'Send Proxy-Authenticate with the scheme.',
  ),
  'http.forbidden': finding(
    'note',
    'the server understood a request and will not do it',
    'RFC 9110 15.5.4',
    'Other credentials may be allowed to; the same ones will not.',
  ),
  'http.not-found': finding(
    'note',
    'the server has nothing at a path',
    'RFC 9110 15.5.5',
    'Compare the path with those beside it that did answer.',
  ),
  'http.method-not-allowed-without-allow': finding(
    'warning',
    'a 405 response that does not say which methods would do',
    'RFC 9110 15.5.6',
    'Send Allow with the methods this resource supports.',
  ),
  'http.method-not-allowed': finding(
    'note',
    'a method that this resource does not support',
    'RFC 9110 15.5.6',
    'Use one of the methods that Allow lists.',
  ),
  'http.request-timeout': finding(
    'note',
    'the server waited for a request in vain',
    'RFC 9110 15.5.9',
    'Send requests whole; repeat it on a new connection.',
  ),
  'http.conflict': finding(
    'note',
    'a request conflicts with the state of the resource',
    'RFC 9110 15.5.10',
    'Fetch the resource as it is now, apply the change to that, and send it with If-Match.',
  ),
  'http.gone': finding(
    'note',
    'a resource that was removed for good',
    'RFC 9110 15.5.11',
    'Take the link away: it will not come back.',
  ),
  'http.length-required': finding(
    'note',
    'the server does not take content of unknown length',
    'RFC 9110 15.5.12',
    'Send Content-Length instead of the chunked coding.',
  ),
  'http.precondition-failed': finding(
    'note',
    'the resource is not in the state the request relied on',
    'RFC 9110 15.5.13',
    'Somebody else changed it: fetch it again, and send the change with the new validator.',
  ),
  'http.content-too-large': finding(
    'note',
    'the server does not take content of this size',
    'RFC 9110 15.5.14',
    'Send less, or raise the limit on every hop; nginx: client_max_body_size.',
  ),
  'http.target-too-long': finding(
    'note',
    'the server does not take a request target of this length',
    'RFC 9110 15.5.15',
    'Send the data as content of a POST, or break a loop of redirects that adds to the URL.',
  ),
  'http.unsupported-media-type': finding(
    'note',
    'the server does not take content of this type',
    'RFC 9110 15.5.16',
    'Set Content-Type to what Accept-Post or Accept-Patch names.',
  ),
  'http.range-not-satisfiable': finding(
    'note',
    'a range that lies outside the resource',
    'RFC 9110 15.5.17',
    'Content-Range in the response tells the size: ask for a range within it.',
  ),
  'http.misdirected': finding(
    'note',
    'a request for a host that this server does not answer for',
    'RFC 9110 15.5.20',
    'Open a connection to that host instead of reusing one whose certificate covers it.',
  ),
  'http.upgrade-required-without-upgrade': finding(
    'warning',
    'a 426 response that does not say which protocol is required',
    'RFC 9110 15.5.22',
    'Send Upgrade with the protocol.',
  ),
  'http.precondition-required': finding(
    'note',
    'the server wants changes to be conditional',
    'RFC 6585 3',
    'Send If-Match with the ETag of the version that is changed.',
  ),
  'http.rate-limited': finding(
    'note',
    'a client sends more requests than the server allows',
    'RFC 6585 4',
    'Wait as long as Retry-After says; spread requests out.',
  ),
  'http.rate-limit-without-retry-after': finding(
    'note',
    'a 429 response that does not say how long to wait',
    'RFC 6585 4',
    'Send Retry-After, so that clients need not guess.',
  ),
  'http.retry-too-soon': finding(
    'warning',
    'a request repeated before the time that Retry-After asked for',
    'RFC 9110 10.2.3',
    'Wait that long, then longer each time; add some chance, so that clients do not come back all at once.',
  ),
  'http.fields-too-large': finding(
    'note',
    'the server does not take header fields of this size',
    'RFC 6585 5',
    'Look for cookies that pile up; or raise the limit on every hop.',
  ),
  'http.server-error': finding(
    'note',
    'the server failed at a request',
    'RFC 9110 15.6',
    'Its log at this time says why.',
  ),
  'http.bad-gateway': finding(
    'note',
    'a gateway got no usable answer from the server behind it',
    'RFC 9110 15.6.3',
    'The fault lies behind the gateway: is that server up, and at the address the gateway has?',
  ),
  'http.gateway-timeout': finding(
    'note',
    'a gateway waited too long for the server behind it',
    'RFC 9110 15.6.5',
    'Make that server faster, or raise the limit; nginx: proxy_read_timeout.',
  ),
  'http.unavailable': finding(
    'note',
    'the server is overloaded or down for maintenance',
    'RFC 9110 15.6.4',
    'Come back after Retry-After.',
  ),
  'http.server-error-burst': finding(
    'warning',
    'a server failed at several requests in a row',
    'RFC 9110 15.6',
    'Something it depends on is gone: its log at the first of these says what.',
  ),

  // --- HTTP: redirects and caches ------------------------------------------------------------------------------------
  'http.redirect-without-location': finding(
    'warning',
    'a redirect that does not say where to go',
    'RFC 9110 15.4',
    'Send Location.',
  ),
  'http.redirect-loop': finding(
    'error',
    'redirects that lead back to where they began',
    'RFC 9110 15.4',
    'Often a proxy speaks http to a server that redirects to https: pass X-Forwarded-Proto on and heed it.',
  ),
  'http.redirect-chain': finding(
    'note',
    'several redirects one after another',
    'RFC 9110 15.4',
    'Let the first one lead to the last URL: each costs a round trip.',
  ),
  'http.redirect-changed-method': finding(
    'note',
    'a request that became a GET on its way through a redirect: its content was dropped',
    'RFC 9110 15.4.3',
    'Redirect with 307 or 308, which keep method and content; with 303 where GET is meant.',
  ),
  'http.redirect-method-not-kept': finding(
    'warning',
    'a redirect that keeps the method was followed with another: the content was dropped',
    'RFC 9110 15.4.8',
    'Mend the client: after 307 and 308 it must repeat the method and the content.',
  ),
  'http.redirect-to-clear': finding(
    'warning',
    'a redirect from https to http',
    'RFC 9110 4.2.2',
    'Redirect to https; send Strict-Transport-Security.',
  ),
  'http.cacheable-refetched': finding(
    'note',
    'a response fetched again whole, although it could have been reused or validated',
    'RFC 9111 4',
    'Keep responses, and send If-None-Match or If-Modified-Since with their validators.',
  ),
  'http.host-mismatch': finding(
    'warning',
    'Host names another host than the request target: receivers differ in which they heed',
    'RFC 9112 3.2.2',
    'Send the same in both; servers take the target.',
  ),

  // --- HTTP: connections ---------------------------------------------------------------------------------------------
  'http.connection-per-request': finding(
    'note',
    'a client that opens a new connection for each request',
    'RFC 9112 9.3',
    'Keep connections open: an agent with keep-alive in the client, keepalive in the proxy.',
  ),
  'http.head-of-line': finding(
    'note',
    'pipelined requests whose answers waited for those before them',
    'RFC 9112 9.3.2',
    'Send slow requests on connections of their own; or use HTTP/2, where answers need not keep the order.',
  ),

  // --- REST ----------------------------------------------------------------------------------------------------------
  'rest.get-with-content': finding(
    'warning',
    'a GET or HEAD request with content: some receivers drop it, some refuse it, some read it as the next request',
    'RFC 9110 9.3.1',
    'Send it as POST (or QUERY), or as a query string.',
  ),
  'rest.get-creates': finding(
    'warning',
    'a GET request that was answered with 201: it changes what it should only read',
    'RFC 9110 9.2.1',
    'Use POST: crawlers, prefetching and retries repeat GET freely.',
  ),
  'rest.post-only-reads': finding(
    'note',
    'a POST that only reads, by its answers: no cache can keep them, no client may repeat it',
    'RFC 9110 9.3.3',
    'Use GET where the question fits into a URL, else QUERY where both ends know it.',
  ),
  'rest.put-created-silently': finding(
    'warning',
    'a PUT that created a resource without saying so',
    'RFC 9110 9.3.4',
    'Answer 201 where the resource was not there before.',
  ),

  // --- Secrets -------------------------------------------------------------------------------------------------------
  'security.credentials-in-clear': finding(
    'warning',
    'credentials that everybody on the way can read',
    'RFC 9110 17.16.1',
    'Use https; then replace them, for they were seen.',
  ),
  'security.cookie-in-clear': finding(
    'note',
    'a cookie set over an unencrypted connection',
    'RFC 6265 8.3',
    'Use https and the attribute Secure; HttpOnly for a session.',
  ),
  'security.cookie-without-secure': finding(
    'note',
    'a cookie set over https that browsers will send over http too',
    'RFC 6265 4.1.2.5',
    'Set the attribute Secure.',
  ),
  'security.token-in-url': finding(
    'warning',
    'a secret in a URL: it ends up in logs, histories and Referer fields',
    'RFC 9110 17.9',
    'Send it in Authorization or as content; then replace it.',
  ),

  'security.line-end-in-target': finding(
    'warning',
    'a request target with an encoded line end: it tries to split the response',
    'RFC 9112 11.1',
    'Refuse such targets; never write decoded input into a field.',
  ),
  'security.response-split': finding(
    'error',
    'a line end in the request target came out in the response: whoever made the URL chose its fields',
    'RFC 9112 11.1',
    'Take CR and LF out of what is written into fields, Location and Set-Cookie above all.',
  ),

  // --- Polling -------------------------------------------------------------------------------------------------------
  'polling.detected': finding(
    'note',
    'the same request again and again',
    'RFC 6202 2',
    'Let the server tell: WebSocket, server-sent events, or at least validators and longer intervals.',
  ),

  // --- Upgrades ------------------------------------------------------------------------------------------------------
  'upgrade.hop-by-hop-lost': finding(
    'warning',
    'an opening handshake that reached the server without Upgrade or Connection: Upgrade',
    'RFC 9110 7.8',
    mendProxy,
  ),
  'upgrade.lost-on-the-way': finding(
    'warning',
    'an upgrade in order, answered as if it had not asked for one',
    'RFC 9110 7.6.1',
    `Something between took the fields of the upgrade away, as proxies must unless told to. ${mendProxy}`,
  ),
  'upgrade.ignored': finding(
    'warning',
    'an upgrade that was answered like any other request',
    'RFC 9110 7.8',
    `What answers here speaks no WebSocket: check the path, and a proxy on the way. ${mendProxy}`,
  ),
  'upgrade.bad-request': finding(
    'note',
    'an upgrade refused as a bad request',
    'RFC 6455 4.2.2',
    `Compare the handshake with the rules that failed. ${mendProxy}`,
  ),
  'upgrade.unauthorized': finding(
    'note',
    'an upgrade refused for want of credentials',
    'RFC 6455 4.2.2',
    'Browsers send cookies with a handshake, no Authorization: use a cookie, or a ticket in the first message.',
  ),
  'upgrade.forbidden': finding(
    'note',
    'an upgrade refused as forbidden',
    'RFC 6455 4.2.2',
    'Often the Origin: add it to those the server allows.',
  ),
  'upgrade.not-found': finding(
    'note',
    'an upgrade to a path where there is nothing',
    'RFC 6455 4.2.2',
    'Check the path that the server (or the proxy location) listens on.',
  ),
  'upgrade.method': finding('note', 'an upgrade refused for its method', 'RFC 6455 4.1', 'Send the handshake as GET.'),
  'upgrade.version': finding(
    'note',
    'an upgrade refused for its WebSocket version',
    'RFC 6455 4.4',
    'Use a version that the answer lists in Sec-WebSocket-Version; 13 is the one that is spoken.',
  ),
  'upgrade.rate-limited': finding(
    'note',
    'an upgrade refused because there were too many',
    'RFC 6585 4',
    'Reconnect after Retry-After, waiting longer each time.',
  ),
  'upgrade.server-error': finding(
    'note',
    'an upgrade that the server failed at',
    'RFC 9110 15.6',
    'Its log says why; 502 and 504 are said by a gateway in front of it.',
  ),
  'upgrade.redirected': finding(
    'note',
    'an upgrade answered with a redirect: browsers do not follow it',
    'RFC 6455 4.1',
    'Connect to the URL in Location, with ws or wss.',
  ),
  'upgrade.refused': finding(
    'note',
    'an upgrade refused',
    'RFC 9110 7.8',
    'The status and the content of the answer say why.',
  ),
  'upgrade.unasked': finding(
    'error',
    'a 101 response to a request that asked for no upgrade',
    'RFC 9110 15.2.2',
    'Answer as usual: the client goes on with HTTP, and the server with something else.',
  ),
  'upgrade.cross-origin': finding(
    'note',
    'a WebSocket opened by a page of another origin',
    'RFC 6455 10.2',
    'Let the server check Origin before it agrees: cookies come along, whoever wrote the page.',
  ),
  'upgrade.unanswered': finding(
    'warning',
    'an upgrade that was never answered',
    'RFC 6455 4.1',
    `Does anything on the way hold it back? ${mendProxy}`,
  ),
  'upgrade.no-answer-in-time': finding(
    'warning',
    'an upgrade that was not answered within 10 s',
    'RFC 6455 4.1',
    `Is the server behind the proxy up, and does it accept connections? Whatever reads the request but passes no upgrade on leaves it waiting. ${mendProxy}`,
  ),
  'upgrade.answer-not-captured': finding(
    'note',
    'an upgrade whose answer did not come before the capture ended',
    'RFC 6455 4.1',
    'Capture longer: whether it was answered is not known.',
  ),
  'upgrade.connect-refused': finding(
    'note',
    'an extended CONNECT that was refused',
    'RFC 8441 5',
    'The server must announce SETTINGS_ENABLE_CONNECT_PROTOCOL; else use HTTP/1.1 for WebSocket.',
  ),
  'upgrade.subprotocol-ignored': finding(
    'note',
    'the client offered subprotocols and the server chose none: browsers then fail the connection',
    'RFC 6455 4.1',
    'Let the server name one of them in Sec-WebSocket-Protocol.',
  ),
  'upgrade.compression-declined': finding(
    'note',
    'the client offered permessage-deflate and the server did not agree',
    'RFC 7692 5',
    'Switch it on in the server where messages are long and alike.',
  ),

  // --- WebSocket conversations ---------------------------------------------------------------------------------------
  'websocket.close-unanswered': finding(
    'warning',
    'a close frame that was not answered with one',
    'RFC 6455 5.5.1',
    'Answer a close frame with a close frame before the connection is shut.',
  ),
  'websocket.close-code-not-echoed': finding(
    'note',
    'a close frame answered with another code',
    'RFC 6455 5.5.1',
    'Echo the code that was received, unless both ends closed at once.',
  ),
  'websocket.ended-without-close': finding(
    'warning',
    'a connection that ended without a close frame: applications see 1006',
    'RFC 6455 7.1.5',
    'Close with a close frame. Where neither end meant to: an idle limit on the way, or a crash.',
  ),
  'websocket.client-closed-first': finding(
    'note',
    'the client closed the TCP connection before the server did',
    'RFC 6455 7.1.1',
    'Let the client wait for the server after the closing handshake: who closes first keeps the port for minutes.',
  ),
  'websocket.closed-with-error': finding(
    'note',
    'a connection closed because of an error',
    'RFC 6455 7.4.1',
    'The end that closed it knows more than the code says: look into its log.',
  ),
  'websocket.ping-unanswered': finding(
    'warning',
    'a ping that no pong answered',
    'RFC 6455 5.5.2',
    'The other end is gone or blocked: give up the connection and open a new one.',
  ),
  'websocket.unsolicited-pong': finding(
    'note',
    'a pong that answers no ping: a one-way heartbeat',
    'RFC 6455 5.5.3',
    'Allowed, but it tells the sender nothing: a ping would.',
  ),
  'websocket.idle-risk': finding(
    'note',
    'a silence longer than the idle limit of many proxies (60 s)',
    'RFC 6455 5.5.2',
    'Send a ping every 30 s; or raise the limit, nginx: proxy_read_timeout.',
  ),
  'websocket.idle-cut': finding(
    'warning',
    'a connection cut off after a silence about as long as the idle limit of proxies',
    'RFC 6455 7.1.5',
    'Send a ping every 30 s; or raise the limit, nginx: proxy_read_timeout.',
  ),
  'websocket.zero-masking-key': finding(
    'note',
    'frames masked with a key of zero: the payload stands in clear',
    'RFC 6455 5.3',
    'Masking protects proxies from bytes an attacker chose: take a new key from a strong source for each frame.',
  ),
  'websocket.repeated-masking-key': finding(
    'warning',
    'a client that masks frame after frame with the same key',
    'RFC 6455 5.3',
    'Take a new key from a strong source of randomness for each frame.',
  ),
} as const satisfies Record<string, DiagnosticEntry>;
