package dev.sluice.host.exchange;

import dev.sluice.api.Dialect;
import dev.sluice.api.Operation;
import dev.sluice.host.config.Config.Listen;
import dev.sluice.host.exchange.HostExchange.Subject;
import dev.sluice.host.route.Chain;
import dev.sluice.host.route.Paths;
import dev.sluice.host.route.RecognizedPath;
import dev.sluice.host.route.Route;
import dev.sluice.host.route.RouteQuery;
import dev.sluice.host.route.Snapshot;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where a client's request comes in: pins the snapshot, finds the route, starts the exchange. One per event loop. */
public final class HttpEntry implements Handler<HttpServerRequest> {
    private static final Chain NO_CHAIN = new Chain(List.of());
    private static final RecognizedPath UNKNOWN = new RecognizedPath(Dialect.NONE, Operation.OTHER, null, false);
    private static final CharSequence CONSUMER = HttpHeaders.createOptimized("x-sluice-consumer");
    private static final int MAX_ID = 128;

    private final Services services;
    private final Loop loop;
    private final Supplier<@Nullable Snapshot> current;
    private final Listen listen;
    private final @Nullable CorsPolicy cors;

    /**
     * An entry.
     *
     * @param current the snapshot that new requests see; null once the gateway is closing
     */
    public HttpEntry(Services services, Loop loop, Supplier<@Nullable Snapshot> current, Listen listen) {
        this.services = services;
        this.loop = loop;
        this.current = current;
        this.listen = listen;
        this.cors = CorsPolicy.of(listen.cors());
    }

    @Override
    public void handle(HttpServerRequest request) {
        if (cors != null && cors.preflight(request)) {
            return;
        }
        RequestSource source = new RequestSource(request);
        Snapshot snapshot = pin();
        if (snapshot == null) {
            var unused = request.response()
                    .setStatusCode(503)
                    .putHeader("connection", "close")
                    .end();
            return;
        }
        String uri = request.uri();
        int mark = uri.indexOf('?');
        String query = mark < 0 ? null : uri.substring(mark + 1);
        String rawPath = mark < 0 ? uri : uri.substring(0, mark);
        if (!rawPath.startsWith("/") && rawPath.contains("://")) {
            // The absolute form, as to a forward proxy (RFC 9112, section 3.2.2).
            int slash = rawPath.indexOf('/', rawPath.indexOf("://") + 3);
            rawPath = slash < 0 ? "/" : rawPath.substring(slash);
        }
        String path = Paths.normalize(rawPath);
        HostHeaders headers = new HostHeaders(request.headers());
        // Who calls is for filters to say; upstreams believe it.
        headers.fields().remove(CONSUMER);
        HostRequestHead head = new HostRequestHead(
                request.method().name(),
                path == null ? rawPath : path,
                query,
                headers,
                request.remoteAddress() == null ? "" : request.remoteAddress().hostAddress(),
                request.isSSL() ? "https" : "http");
        Arrival arrival = new Arrival(request, source, snapshot, head, requestId(headers.get("x-request-id")));
        if (path == null) {
            arrival.refuse(400, "bad_request", "the path is malformed or climbs above the root");
            return;
        }
        if (request.authority() == null && request.version() == HttpVersion.HTTP_1_1) {
            arrival.refuse(400, "bad_request", "the request has no Host");
            return;
        }
        if (headers.get("host") == null && request.authority() != null) {
            // HTTP/2 states it as a pseudo header; filters and upstreams find it in one place.
            headers.fields().set("host", request.authority().toString());
        }
        route(arrival);
    }

    private void route(Arrival arrival) {
        HttpServerRequest request = arrival.request;
        String host =
                request.authority() == null ? "" : request.authority().host().toLowerCase(Locale.ROOT);
        RouteQuery query = new RouteQuery(host, arrival.head.path(), arrival.head.method(), arrival.head.fields());
        arrival.path = RecognizedPath.of(arrival.head.path());
        RouteQuery.Answer answer = arrival.snapshot.routes().find(query);
        if (answer instanceof RouteQuery.Found found) {
            arrival.start(found.route(), null, Json.Facts.NONE);
        } else if (answer instanceof RouteQuery.NotFound) {
            arrival.noRoute();
        } else if (arrival.path.model() != null) {
            byModel(arrival, query, arrival.path.model(), null, Json.Facts.NONE);
        } else if (arrival.bodyStatesModel()) {
            arrival.readModel(query);
        } else {
            byModel(arrival, query, Forms.inQuery("model", arrival.head.query()), null, Json.Facts.NONE);
        }
    }

    private static void byModel(
            Arrival arrival, RouteQuery query, @Nullable String model, byte @Nullable [] body, Json.Facts facts) {
        RouteQuery.Answer answer = arrival.snapshot.routes().find(query, model);
        if (answer instanceof RouteQuery.Found found) {
            arrival.start(found.route(), body, facts);
        } else {
            arrival.noRoute();
        }
    }

    /** Null: the gateway is closing. */
    private @Nullable Snapshot pin() {
        Snapshot snapshot = current.get();
        while (snapshot != null && !snapshot.pin()) {
            snapshot = current.get();
        }
        return snapshot;
    }

    /** The client's own id if it is a sane token, else a new one. */
    private static String requestId(@Nullable String given) {
        if (given != null && !given.isEmpty() && given.length() <= MAX_ID) {
            for (int i = 0; i < given.length(); i++) {
                char c = given.charAt(i);
                boolean sane = (c >= 'a' && c <= 'z')
                        || (c >= 'A' && c <= 'Z')
                        || (c >= '0' && c <= '9')
                        || c == '-'
                        || c == '_'
                        || c == '.';
                if (!sane) {
                    return newId();
                }
            }
            return given;
        }
        return newId();
    }

    private static String newId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return Long.toHexString(random.nextLong() | Long.MIN_VALUE)
                + Long.toHexString(random.nextLong() | Long.MIN_VALUE);
    }

    /** One request between its arrival and the start of its exchange. */
    private final class Arrival {
        private final HttpServerRequest request;
        private final RequestSource source;
        private final Snapshot snapshot;
        private final HostRequestHead head;
        private final String id;
        private RecognizedPath path = UNKNOWN;

        private Arrival(
                HttpServerRequest request, RequestSource source, Snapshot snapshot, HostRequestHead head, String id) {
            this.request = request;
            this.source = source;
            this.snapshot = snapshot;
            this.head = head;
            this.id = id;
        }

        private void readModel(RouteQuery query) {
            long limit = services.limits().body();
            request.exceptionHandler(gone -> snapshot.unpin());
            source.readWhole(
                    limit,
                    bytes -> {
                        request.exceptionHandler(null);
                        try {
                            Json.Facts facts = facts(bytes);
                            byModel(this, query, facts.model(), bytes, facts);
                        } catch (Json.Invalid e) {
                            refuse(400, "bad_request", e.reason());
                        }
                    },
                    () -> refuse(413, "bad_request", "the request's body is larger than " + limit + " bytes"));
        }

        private Json.Facts facts(byte[] bytes) throws Json.Invalid {
            String contentType = head.fields().get("content-type");
            boolean form = !path.isJson() && Forms.isForm(contentType);
            return form && contentType != null
                    ? new Json.Facts(Forms.field("model", contentType, bytes), false)
                    : services.json().topLevel(bytes).facts();
        }

        /** Whether the body is of a kind that states a model; an upload of any other kind is not read for it. */
        private boolean bodyStatesModel() {
            String contentType = head.fields().get("content-type");
            return !source.isEmpty() && (path.isJson() || HostBody.isJson(contentType) || Forms.isForm(contentType));
        }

        private void start(Route route, byte @Nullable [] body, Json.Facts facts) {
            exchange(route, route.chain()).start(body, facts);
        }

        private void noRoute() {
            refuse(404, "no_route", "no route matches " + head.method() + " " + head.path());
        }

        private void refuse(int status, String code, String message) {
            exchange(null, NO_CHAIN).fail(status, code, message);
        }

        private HostExchange exchange(@Nullable Route route, Chain chain) {
            Subject subject = new Subject(id, snapshot, route, chain, head, path, false, Map.of());
            HttpDownstream downstream = new HttpDownstream(request, id, loop, listen, cors);
            HostExchange exchange = new HostExchange(services, loop, subject, downstream, source);
            downstream.serve(exchange);
            return exchange;
        }
    }
}
