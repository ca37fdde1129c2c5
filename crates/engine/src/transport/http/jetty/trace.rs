//! The stack traces that Jetty 9.4.18 shows on its error pages, frame by frame as recorded.

/// The handshake after the address of the request.
const HANDSHAKE: &str = "org.eclipse.jetty.websocket.server.WebSocketServerFactory.acceptWebSocket(WebSocketServerFactory.java:248)";

/// The handshake where it takes the address of the request.
const ADDRESS: &str = "org.eclipse.jetty.websocket.server.WebSocketServerFactory.acceptWebSocket(WebSocketServerFactory.java:222)";

/// Where every trace of the WebSocket servlet comes from (recorded: http_key_missing).
const SERVLET: &[&str] = &[
    "org.eclipse.jetty.websocket.server.WebSocketServerFactory.acceptWebSocket(WebSocketServerFactory.java:210)",
    "org.eclipse.jetty.websocket.servlet.WebSocketServlet.service(WebSocketServlet.java:161)",
    "javax.servlet.http.HttpServlet.service(HttpServlet.java:790)",
    "org.eclipse.jetty.servlet.ServletHolder.handle(ServletHolder.java:873)",
    "org.eclipse.jetty.servlet.ServletHandler.doHandle(ServletHandler.java:542)",
    "org.eclipse.jetty.server.handler.ScopedHandler.nextHandle(ScopedHandler.java:255)",
    "org.eclipse.jetty.server.session.SessionHandler.doHandle(SessionHandler.java:1700)",
    "org.eclipse.jetty.server.handler.ScopedHandler.nextHandle(ScopedHandler.java:255)",
    "org.eclipse.jetty.server.handler.ContextHandler.doHandle(ContextHandler.java:1345)",
    "org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:203)",
    "org.eclipse.jetty.servlet.ServletHandler.doScope(ServletHandler.java:480)",
    "org.eclipse.jetty.server.session.SessionHandler.doScope(SessionHandler.java:1667)",
    "org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:201)",
    "org.eclipse.jetty.server.handler.ContextHandler.doScope(ContextHandler.java:1247)",
    "org.eclipse.jetty.server.handler.ScopedHandler.handle(ScopedHandler.java:144)",
    "org.eclipse.jetty.server.handler.HandlerList.handle(HandlerList.java:61)",
    "org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:132)",
    "org.eclipse.jetty.server.Server.handle(Server.java:505)",
    "org.eclipse.jetty.server.HttpChannel.handle(HttpChannel.java:370)",
];

/// From the connection to its reader.
const CONNECTION: &[&str] = &[
    "org.eclipse.jetty.server.HttpConnection.onFillable(HttpConnection.java:267)",
    "org.eclipse.jetty.io.AbstractConnection$ReadCallback.succeeded(AbstractConnection.java:305)",
    "org.eclipse.jetty.io.FillInterest.fillable(FillInterest.java:103)",
];

/// Frames that TLS puts in between (recorded: tls_host_other).
const TLS: &[&str] = &[
    "org.eclipse.jetty.io.ssl.SslConnection$DecryptedEndPoint.onFillable(SslConnection.java:427)",
    "org.eclipse.jetty.io.ssl.SslConnection.onFillable(SslConnection.java:321)",
    "org.eclipse.jetty.io.ssl.SslConnection$2.succeeded(SslConnection.java:159)",
    "org.eclipse.jetty.io.FillInterest.fillable(FillInterest.java:103)",
];

/// The thread that reads.
const THREAD: &[&str] = &[
    "org.eclipse.jetty.io.ChannelEndPoint$2.run(ChannelEndPoint.java:117)",
    "org.eclipse.jetty.util.thread.strategy.EatWhatYouKill.runTask(EatWhatYouKill.java:333)",
    "org.eclipse.jetty.util.thread.strategy.EatWhatYouKill.doProduce(EatWhatYouKill.java:310)",
    "org.eclipse.jetty.util.thread.strategy.EatWhatYouKill.tryProduce(EatWhatYouKill.java:168)",
    "org.eclipse.jetty.util.thread.strategy.EatWhatYouKill.run(EatWhatYouKill.java:126)",
    "org.eclipse.jetty.util.thread.ReservedThreadExecutor$ReservedThread.run(ReservedThreadExecutor.java:366)",
    "org.eclipse.jetty.util.thread.QueuedThreadPool.runJob(QueuedThreadPool.java:698)",
    "org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.run(QueuedThreadPool.java:804)",
    "java.base/java.lang.Thread.run(Thread.java:840)",
];

/// The version is no number (recorded: http_version_garbage, http_version_list). The version is
/// given in HTML.
pub(super) fn version(version: &str) -> String {
    let cause = format!("java.lang.NumberFormatException: For input string: &quot;{version}&quot;");
    block(&[
        &cause,
        &frames(&[
            "java.base/java.lang.NumberFormatException.forInputString(NumberFormatException.java:67)",
            "java.base/java.lang.Integer.parseInt(Integer.java:668)",
            "java.base/java.lang.Integer.parseInt(Integer.java:786)",
            "org.eclipse.jetty.websocket.servlet.ServletUpgradeRequest.getHeaderInt(ServletUpgradeRequest.java:141)",
            "org.eclipse.jetty.websocket.server.WebSocketServerFactory.upgrade(WebSocketServerFactory.java:577)",
        ]),
        &handshake(),
    ])
}

/// There is no key (recorded: http_key_missing).
pub(super) fn key() -> String {
    block(&[
        "java.lang.IllegalStateException: Missing request header &apos;Sec-WebSocket-Key&apos;",
        &frames(&[
            "org.eclipse.jetty.websocket.server.HandshakeRFC6455.doHandshakeResponse(HandshakeRFC6455.java:44)",
            "org.eclipse.jetty.websocket.server.WebSocketServerFactory.upgrade(WebSocketServerFactory.java:688)",
        ]),
        &handshake(),
    ])
}

/// An extension has an unknown parameter (recorded: http_ext_unknown_param_fallback): two traces,
/// as one caused the other.
pub(super) fn extension() -> String {
    let root = frames(&[
        "org.eclipse.jetty.websocket.common.extensions.compress.PerMessageDeflateExtension.setConfig(PerMessageDeflateExtension.java:186)",
        "org.eclipse.jetty.websocket.common.extensions.WebSocketExtensionFactory.newInstance(WebSocketExtensionFactory.java:65)",
    ]);
    let negotiation = frames(&[
        "org.eclipse.jetty.websocket.common.extensions.ExtensionStack.negotiate(ExtensionStack.java:223)",
        "org.eclipse.jetty.websocket.server.WebSocketServerFactory.upgrade(WebSocketServerFactory.java:628)",
    ]);
    let argument = "java.lang.IllegalArgumentException";
    let outer = block(&[
        "org.eclipse.jetty.websocket.api.WebSocketException: Cannot instantiate extension: class org.eclipse.jetty.websocket.common.extensions.compress.PerMessageDeflateExtension",
        &frames(&[
            "org.eclipse.jetty.websocket.common.extensions.WebSocketExtensionFactory.newInstance(WebSocketExtensionFactory.java:71)",
        ]),
        &negotiation,
        &handshake(),
        &format!("\nCaused by: {argument}"),
        &root,
        "\n\t... 34 more",
    ]);
    outer + &block(&[argument, &root, &negotiation, &handshake()])
}

/// The address of the request is none that Java takes, with its complaint in HTML: two traces, as
/// one caused the other. That of an authority was recorded (http_207 of the generated
/// conversations).
pub(super) fn address(complaint: &str) -> String {
    let cause = format!("java.net.URISyntaxException: {complaint}");
    let root = frames(&[
        "java.base/java.net.URI$Parser.fail(URI.java:2976)",
        "java.base/java.net.URI$Parser.parseAuthority(URI.java:3324)",
        "java.base/java.net.URI$Parser.parseHierarchical(URI.java:3221)",
        "java.base/java.net.URI$Parser.parse(URI.java:3177)",
        "java.base/java.net.URI.&lt;init&gt;(URI.java:623)",
        "org.eclipse.jetty.websocket.servlet.ServletUpgradeRequest.&lt;init&gt;(ServletUpgradeRequest.java:66)",
        ADDRESS,
    ]);
    let outer = block(&[
        "java.io.IOException: Unable to accept websocket due to mangled URI",
        &frames(&[
            "org.eclipse.jetty.websocket.server.WebSocketServerFactory.acceptWebSocket(WebSocketServerFactory.java:252)",
        ]),
        &servlet(),
        &format!("\nCaused by: {cause}"),
        &root,
        "\n\t... 31 more",
    ]);
    outer + &block(&[&cause, &root, &servlet()])
}

/// The port of the request is none (recorded: http_137 of the generated conversations).
pub(super) fn port(port: i32) -> String {
    block(&[
        &format!("java.lang.IllegalArgumentException: port out of range:{port}"),
        &frames(&[
            "java.base/java.net.InetSocketAddress.checkPort(InetSocketAddress.java:152)",
            "java.base/java.net.InetSocketAddress.createUnresolved(InetSocketAddress.java:263)",
            "org.eclipse.jetty.websocket.servlet.UpgradeHttpServletRequest.&lt;init&gt;(UpgradeHttpServletRequest.java:136)",
            "org.eclipse.jetty.websocket.servlet.ServletUpgradeRequest.&lt;init&gt;(ServletUpgradeRequest.java:67)",
            ADDRESS,
        ]),
        &servlet(),
    ])
}

/// The host of the request is none of the certificate's (recorded: tls_host_other).
pub(super) fn host() -> String {
    block(&[
        "org.eclipse.jetty.http.BadMessageException: 400: Host does not match SNI",
        &frames(&[
            "org.eclipse.jetty.server.SecureRequestCustomizer.customize(SecureRequestCustomizer.java:235)",
            "org.eclipse.jetty.server.SecureRequestCustomizer.customize(SecureRequestCustomizer.java:170)",
            "org.eclipse.jetty.server.HttpChannel.handle(HttpChannel.java:363)",
        ]),
        &frames(CONNECTION),
        &frames(TLS),
        &frames(THREAD),
    ])
}

fn handshake() -> String {
    frames(&[HANDSHAKE]) + &servlet()
}

fn servlet() -> String {
    [SERVLET, CONNECTION, THREAD].map(frames).concat()
}

fn frames(frames: &[&str]) -> String {
    frames.iter().map(|frame| format!("\n\tat {frame}")).collect()
}

fn block(parts: &[&str]) -> String {
    format!("<h3>Caused by:</h3><pre>{}\n</pre>\n", parts.concat())
}
