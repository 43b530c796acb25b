package dev.sluice.host.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.host.config.Config.Admin;
import dev.sluice.host.exchange.HostScope;
import dev.sluice.host.route.Snapshot;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The admin port: health, metrics, and the management API under {@code /api/v1}. */
public final class AdminServer {
    private static final Logger AUDIT = LoggerFactory.getLogger("dev.sluice.audit");
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final long MAX_BODY = 1024 * 1024;
    private static final Set<String> OPEN = Set.of("/live", "/ready");

    private final Vertx vertx;
    private final GatewayView gateway;
    private final Admin settings;
    private int port;

    /** An admin port of that gateway; not listening yet. */
    public AdminServer(Vertx vertx, GatewayView gateway, Admin settings) {
        this.vertx = vertx;
        this.gateway = gateway;
        this.settings = settings;
    }

    /** Binds the port. */
    public Future<HttpServer> listen() {
        Router router = Router.router(vertx);
        router.route().handler(this::guard);
        router.get("/live").handler(c -> text(c, 200, "live"));
        router.get("/ready")
                .handler(c -> text(c, gateway.isReady() ? 200 : 503, gateway.isReady() ? "ready" : "not ready"));
        router.get("/metrics")
                .handler(c -> c.response()
                        .putHeader("content-type", "text/plain; version=0.0.4; charset=utf-8")
                        .end(gateway.scrape()));
        router.get("/api/v1/status").handler(c -> withSnapshot(c, s -> Pages.status(gateway, s)));
        router.get("/api/v1/routes").handler(c -> withSnapshot(c, Pages::routes));
        router.get("/api/v1/plugins").handler(c -> json(c, 200, Pages.plugins(gateway)));
        router.get("/api/v1/plugins/:id").handler(this::plugin);
        router.post("/api/v1/plugins/:id/rollback").handler(this::rollBack);
        router.post("/api/v1/reload").handler(this::reload);
        router.get("/api/v1/config")
                .handler(c -> withSnapshot(c, s -> s.config().shown()));
        router.get("/api/v1/providers").handler(c -> withSnapshot(c, Pages::providers));
        router.get("/api/v1/filters/:route/:name/:what").blockingHandler(this::show);
        router.post("/api/v1/filters/:route/:name/:action")
                .handler(BodyHandler.create(false).setBodyLimit(MAX_BODY))
                .blockingHandler(this::act);
        router.errorHandler(
                404, c -> json(c, 404, error("there is no " + c.request().path() + " here")));
        router.errorHandler(500, c -> {
            LoggerFactory.getLogger(AdminServer.class).warn("admin request failed", c.failure());
            json(c, 500, error("the request failed; the gateway's log says why"));
        });
        HttpServer server = vertx.createHttpServer(new HttpServerOptions());
        return server.requestHandler(router)
                .listen(settings.port(), settings.host())
                .onSuccess(bound -> port = bound.actualPort());
    }

    /** The port it is bound to. */
    public int port() {
        return port;
    }

    /** Refuses DNS rebinding, cross-origin mutations and missing tokens. */
    private void guard(RoutingContext c) {
        String path = c.request().path();
        if (!hostIsKnown(c)) {
            json(c, 403, error("the Host header names no host of this admin port; list it in admin.hosts"));
            return;
        }
        boolean open = OPEN.contains(path) || (path.equals("/metrics") && settings.openMetrics());
        if (!open && !tokenFits(c.request().getHeader("authorization"))) {
            c.response().putHeader("www-authenticate", "Bearer");
            json(c, 401, error("this admin port wants 'Authorization: Bearer <admin.token>'"));
            return;
        }
        if (!c.request().method().name().equals("GET")) {
            String origin = c.request().getHeader("origin");
            if (origin != null
                    && !origin.equals("http://" + c.request().getHeader("host"))
                    && !origin.equals("https://" + c.request().getHeader("host"))) {
                json(c, 403, error("requests from other origins change nothing here"));
                return;
            }
            AUDIT.info(
                    "{} {} {}",
                    c.request().remoteAddress().hostAddress(),
                    c.request().method(),
                    path);
        }
        c.next();
    }

    private boolean hostIsKnown(RoutingContext c) {
        var authority = c.request().authority();
        if (authority == null) {
            return false;
        }
        String host = authority.host().toLowerCase(Locale.ROOT);
        return settings.hosts().contains(host)
                || host.equals("localhost")
                || host.equals("[::1]")
                || host.equals("::1")
                || host.startsWith("127.")
                || host.equals(settings.host());
    }

    private boolean tokenFits(@Nullable String authorization) {
        String token = settings.token();
        if (token == null) {
            return true;
        }
        String given = authorization != null && authorization.regionMatches(true, 0, "Bearer ", 0, 7)
                ? authorization.substring(7).trim()
                : "";
        return MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
    }

    private void show(RoutingContext c) {
        HostScope scope = scope(c);
        var page = scope == null ? null : scope.shown().get(c.pathParam("what"));
        if (page == null) {
            c.fail(404);
        } else {
            json(c, 200, page.get());
        }
    }

    private void act(RoutingContext c) {
        HostScope scope = scope(c);
        var action = scope == null ? null : scope.actions().get(c.pathParam("action"));
        if (action == null) {
            c.fail(404);
            return;
        }
        ObjectNode input = JsonNodeFactory.instance.objectNode();
        String body = c.body().asString();
        if (body != null && !body.isBlank()) {
            try {
                if (!(MAPPER.readTree(body) instanceof ObjectNode object)) {
                    json(c, 400, error("the body must be a JSON object"));
                    return;
                }
                input = object;
            } catch (IOException e) {
                json(c, 400, error("the body is not JSON"));
                return;
            }
        }
        try {
            json(c, 200, action.apply(input));
        } catch (IllegalArgumentException e) {
            json(c, 400, error(String.valueOf(e.getMessage())));
        }
    }

    private void plugin(RoutingContext c) {
        ObjectNode page = Pages.plugin(gateway, c.pathParam("id"));
        if (page == null) {
            json(c, 404, error("no plugin '" + c.pathParam("id") + "' is installed; /api/v1/plugins lists them"));
        } else {
            json(c, 200, page);
        }
    }

    private void reload(RoutingContext c) {
        answer(c, gateway.reload(), reload -> json(c, reload.published() ? 200 : 409, Pages.reload(reload)));
    }

    private void rollBack(RoutingContext c) {
        String id = c.pathParam("id");
        answer(c, gateway.rollBack(id), rolledBack -> {
            if (rolledBack.isEmpty()) {
                json(c, 409, error("no generation of plugin '" + id + "' is kept that was there before"));
            } else {
                json(c, rolledBack.get().changed(id) ? 200 : 409, Pages.reload(rolledBack.get()));
            }
        });
    }

    private static <T> void answer(RoutingContext c, CompletionStage<T> stage, Consumer<T> answer) {
        Future.fromCompletionStage(stage, c.vertx().getOrCreateContext())
                .onSuccess(answer::accept)
                .onFailure(c::fail);
    }

    private @Nullable HostScope scope(RoutingContext c) {
        String route = c.pathParam("route");
        return gateway.filter(route.equals("-") ? "" : route, c.pathParam("name"))
                .orElse(null);
    }

    private void withSnapshot(
            RoutingContext c, java.util.function.Function<Snapshot, com.fasterxml.jackson.databind.JsonNode> page) {
        Snapshot snapshot = gateway.snapshot();
        if (snapshot == null) {
            json(c, 503, error("no snapshot is published yet"));
        } else {
            json(c, 200, page.apply(snapshot));
        }
    }

    private static ObjectNode error(String message) {
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        tree.putObject("error").put("message", message);
        return tree;
    }

    private static void json(RoutingContext c, int status, com.fasterxml.jackson.databind.JsonNode tree) {
        c.response()
                .setStatusCode(status)
                .putHeader("content-type", "application/json")
                .end(tree.toPrettyString() + "\n");
    }

    private static void text(RoutingContext c, int status, String text) {
        c.response()
                .setStatusCode(status)
                .putHeader("content-type", "text/plain")
                .end(text + "\n");
    }
}
