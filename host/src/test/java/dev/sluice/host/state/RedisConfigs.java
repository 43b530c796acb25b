package dev.sluice.host.state;

import dev.sluice.host.config.RedisConfig;
import dev.sluice.host.config.RedisConfig.Login;
import dev.sluice.host.config.RedisConfig.Mode;
import dev.sluice.host.config.RedisConfig.Node;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** Configs of a state on Redis, on loopback. */
final class RedisConfigs {
    static final Duration TIMEOUT = Duration.ofMillis(500);

    private RedisConfigs() {}

    static RedisConfig single(int port) {
        return of(Mode.SINGLE, null, Login.NONE, port);
    }

    static RedisConfig of(Mode mode, String master, Login login, int... ports) {
        return new RedisConfig(
                mode,
                Arrays.stream(ports)
                        .mapToObj(port -> new Node("127.0.0.1", port))
                        .toList(),
                master,
                login,
                Login.NONE,
                0,
                false,
                null,
                "sluice:",
                TIMEOUT,
                Duration.ofSeconds(1),
                2);
    }

    static RedisConfig cluster(List<RealRedis> nodes) {
        return of(
                Mode.CLUSTER,
                null,
                Login.NONE,
                nodes.stream().mapToInt(RealRedis::port).toArray());
    }
}
