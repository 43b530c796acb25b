package dev.sluice.host.config;

import dev.sluice.host.config.Config.TlsClient;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a Redis. Immutable; tells no password when printed.
 *
 * @param nodes at least one; of mode single exactly one
 * @param master the master's name; null unless of mode sentinel
 * @param login at the nodes that hold values
 * @param sentinelLogin at the sentinels
 * @param database its number; 0 on a cluster
 * @param secure whether TLS is spoken
 * @param tls how; null: the JVM's trust
 * @param prefix what all keys begin with
 * @param timeout the longest that an operation takes
 * @param connectTimeout the longest that it takes to connect and log in
 * @param connections to each node
 */
public record RedisConfig(
        Mode mode,
        List<Node> nodes,
        @Nullable String master,
        Login login,
        Login sentinelLogin,
        int database,
        boolean secure,
        @Nullable TlsClient tls,
        String prefix,
        Duration timeout,
        Duration connectTimeout,
        int connections) {

    /** What stands behind the addresses. */
    public enum Mode {
        /** One server. */
        SINGLE,
        /** Some nodes of a Redis Cluster; the others are found. */
        CLUSTER,
        /** Sentinels, which know where the master is. */
        SENTINEL
    }

    /** An address; an IPv6 one without brackets. */
    public record Node(String host, int port) {
        @Override
        public String toString() {
            return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
        }
    }

    /** Who logs in; both null: nobody does. */
    public record Login(@Nullable String user, @Nullable String password) {
        /** None. */
        public static final Login NONE = new Login(null, null);

        @Override
        public String toString() {
            return password == null ? "nobody" : "****";
        }
    }

    /** Where it is, as messages name it. */
    public String place() {
        return nodes.stream().map(Node::toString).collect(Collectors.joining(","));
    }
}
