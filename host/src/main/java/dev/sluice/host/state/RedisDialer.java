package dev.sluice.host.state;

import dev.sluice.host.config.Config.TlsClient;
import dev.sluice.host.config.RedisConfig;
import dev.sluice.host.config.RedisConfig.Login;
import dev.sluice.host.config.RedisConfig.Mode;
import dev.sluice.host.config.RedisConfig.Node;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.ProtocolVersion;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisClientType;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Makes links. A link is tried before it is given out, with a write: a server that loads its data, is a replica or wants a
 * password takes connections, too.
 */
final class RedisDialer {
    private static final int TOPOLOGY_MILLIS = 1000;

    private final VertxInternal vertx;
    private final RedisConfig config;
    private final Set<Attempt> attempts = ConcurrentHashMap.newKeySet();

    RedisDialer(VertxInternal vertx, RedisConfig config) {
        this.vertx = vertx;
        this.config = config;
    }

    /** A link that works, on an event loop of its own choice; fails within the time for connecting. From any thread. */
    Future<RedisLink> dial() {
        ContextInternal context = vertx.contextBuilder()
                .withThreadingModel(ThreadingModel.EVENT_LOOP)
                .build();
        Promise<RedisLink> dialled = Promise.promise();
        context.runOnContext(here -> {
            Attempt attempt = new Attempt(context, dialled);
            attempt.start();
        });
        return dialled.future();
    }

    /** Fails what is under way. From any thread. */
    void fail(StateException why) {
        for (Attempt attempt : attempts) {
            attempt.context.runOnContext(here -> attempt.fail(why));
        }
    }

    /** What a link is tried with. */
    Request probe() {
        return Request.cmd(Command.SET)
                .arg(config.prefix() + "probe")
                .arg("")
                .arg("PX")
                .arg(1000);
    }

    /** One attempt, on its own context; whatever it has opened is closed if it fails. */
    private final class Attempt {
        private final ContextInternal context;
        private final Promise<RedisLink> dialled;
        private @Nullable Redis client;
        private boolean over;

        Attempt(ContextInternal context, Promise<RedisLink> dialled) {
            this.context = context;
            this.dialled = dialled;
        }

        void start() {
            long timer = context.setTimer(
                    Math.max(1, config.connectTimeout().toMillis()),
                    late -> fail(new TimeoutException(
                            "no connection within " + config.connectTimeout().toMillis() + " ms")));
            attempts.add(this);
            var unused = dialled.future().onComplete(done -> {
                attempts.remove(this);
                context.owner().cancelTimer(timer);
            });
            if (config.mode() == Mode.SENTINEL) {
                askSentinel(0, "");
            } else if (config.mode() == Mode.CLUSTER) {
                connect(config.nodes(), RedisClientType.CLUSTER);
            } else {
                connect(config.nodes(), RedisClientType.STANDALONE);
            }
        }

        private void askSentinel(int index, String troubles) {
            if (index == config.nodes().size()) {
                fail(new StateException(troubles));
                return;
            }
            Node sentinel = config.nodes().get(index);
            Redis asked = client(List.of(sentinel), RedisClientType.STANDALONE, config.sentinelLogin(), 0);
            asked.send(Request.cmd(Command.SENTINEL)
                            .arg("GET-MASTER-ADDR-BY-NAME")
                            .arg(String.valueOf(config.master())))
                    .map(RedisDialer::address)
                    .onComplete(answer -> {
                        var unused = asked.close();
                        if (over) {
                            return;
                        }
                        if (answer.failed()) {
                            String trouble = "sentinel " + sentinel + ": " + RedisTrouble.of(answer.cause());
                            askSentinel(index + 1, troubles.isEmpty() ? trouble : troubles + "; " + trouble);
                        } else if (answer.result() == null) {
                            String trouble = "sentinel " + sentinel + " knows no master '" + config.master() + "'";
                            askSentinel(index + 1, troubles.isEmpty() ? trouble : troubles + "; " + trouble);
                        } else {
                            connect(List.of(answer.result()), RedisClientType.STANDALONE);
                        }
                    });
        }

        private void connect(List<Node> nodes, RedisClientType type) {
            Redis made = client(nodes, type, config.login(), config.database());
            made.connect()
                    .map(connection -> new RedisLink(context, made, connection))
                    .onFailure(this::fail)
                    .onSuccess(this::tryOut);
        }

        private void tryOut(RedisLink link) {
            link.send(probe()).onComplete(answer -> {
                if (answer.failed() && RedisTrouble.breaks(answer.cause())) {
                    fail(answer.cause());
                } else if (answer.failed() && RedisTrouble.is(answer.cause(), "NOPERM")) {
                    fail(answer.cause());
                } else if (!over) {
                    over = true;
                    dialled.complete(link);
                }
            });
        }

        private Redis client(List<Node> nodes, RedisClientType type, Login login, int database) {
            RedisOptions options = new RedisOptions()
                    .setType(type)
                    .setNetClientOptions(tcp())
                    // One for the link, and one more for looking at a cluster's slots.
                    .setMaxPoolSize(2)
                    .setMaxPoolWaiting(64)
                    .setPoolRecycleTimeout(-1)
                    .setMaxWaitingHandlers(2 * RedisLink.MOST_PENDING)
                    .setTopologyCacheTTL(TOPOLOGY_MILLIS)
                    .setPreferredProtocolVersion(ProtocolVersion.RESP2)
                    .setEndpoints(nodes.stream()
                            .map(node -> (config.secure() ? "rediss://" : "redis://")
                                    + node
                                    + (database == 0 ? "" : "/" + database))
                            .toList());
            // Not in the URLs, which the client shows in its messages.
            if (login.password() != null) {
                options.setPassword(login.password());
                if (login.user() != null) {
                    options.setUser(login.user());
                }
            }
            Redis made = Redis.createClient(vertx, options);
            client = made;
            return made;
        }

        private void fail(Throwable why) {
            if (!over) {
                over = true;
                Redis opened = client;
                if (opened != null) {
                    var unused = opened.close();
                }
                dialled.fail(why);
            }
        }
    }

    private static @Nullable Node address(@Nullable Response answer) {
        return answer == null
                ? null
                : new Node(answer.get(0).toString(), answer.get(1).toInteger());
    }

    private NetClientOptions tcp() {
        NetClientOptions options = new NetClientOptions()
                .setTcpNoDelay(true)
                .setTcpKeepAlive(true)
                .setConnectTimeout((int)
                        Math.min(Integer.MAX_VALUE, config.connectTimeout().toMillis()));
        if (!config.secure()) {
            return options;
        }
        options.setSsl(true).setHostnameVerificationAlgorithm("HTTPS");
        TlsClient tls = config.tls();
        if (tls != null) {
            if (tls.insecure()) {
                options.setTrustAll(true).setHostnameVerificationAlgorithm("");
            }
            if (tls.ca() != null) {
                options.setTrustOptions(
                        new PemTrustOptions().addCertPath(tls.ca().toString()));
            }
            if (tls.cert() != null && tls.key() != null) {
                options.setKeyCertOptions(new PemKeyCertOptions()
                        .addCertPath(tls.cert().toString())
                        .addKeyPath(tls.key().toString()));
            }
        }
        return options;
    }
}
