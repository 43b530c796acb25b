package dev.sluice.host.state;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A Redis Cluster of three masters, each in a process of its own. For tests, also of other modules. */
public final class RealCluster implements AutoCloseable {
    private static final int SLOTS = 16384;
    private final List<RealRedis> nodes = new ArrayList<>();

    /** Starts one and waits until it serves all slots. */
    public RealCluster() throws IOException {
        try {
            for (int i = 0; i < 3; i++) {
                nodes.add(RealRedis.start("--cluster-enabled", "yes", "--cluster-node-timeout", "2000"));
            }
            for (int i = 0; i < 3; i++) {
                String slots = IntStream.range(SLOTS * i / 3, SLOTS * (i + 1) / 3)
                        .mapToObj(Integer::toString)
                        .collect(Collectors.joining(" "));
                nodes.get(i).send("CLUSTER SET-CONFIG-EPOCH " + (i + 1));
                nodes.get(i).send("CLUSTER ADDSLOTS " + slots);
                nodes.get(0).send("CLUSTER MEET 127.0.0.1 " + nodes.get(i).port());
            }
            for (RealRedis node : nodes) {
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> node.send("SET probe x").matches("\\+OK|-MOVED.*"));
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** The URLs of its nodes. */
    public List<String> urls() {
        return nodes.stream().map(RealRedis::url).toList();
    }

    /** Its nodes. */
    public List<RealRedis> nodes() {
        return nodes;
    }

    @Override
    public void close() {
        nodes.forEach(RealRedis::close);
    }
}
