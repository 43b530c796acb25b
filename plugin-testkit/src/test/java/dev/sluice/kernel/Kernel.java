package dev.sluice.kernel;

import dev.sluice.api.Target;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What every test of the kernel needs: an upstream, another one, a gateway before them, clients; all closed after it. */
abstract class Kernel {
    static final Duration PATIENCE = Duration.ofSeconds(30);

    final Journal journal = new Journal();
    BrokenUpstream upstream;
    BrokenUpstream other;
    TestGateway gateway;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    @BeforeEach
    final void startUpstreams() throws IOException {
        upstream = closed(BrokenUpstream.start());
        other = closed(BrokenUpstream.start());
    }

    @AfterEach
    final void closeAll() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    /** Has it closed after the test. */
    final <T extends AutoCloseable> T closed(T resource) {
        open.push(resource);
        return resource;
    }

    /** Starts that gateway with one route to the upstream through these filters. */
    final void route(TestGateway with, String... filters) {
        routeWith(with, "timeouts: { hook: 20s }", filters);
    }

    /**
     * As above.
     *
     * @param options further keys of the route, each on a line of its own
     */
    final void routeWith(TestGateway with, String options, String... filters) {
        start(with, "", options, filters);
    }

    /**
     * As above.
     *
     * @param top further keys of the config, each on a line of its own
     */
    final void start(TestGateway with, String top, String options, String... filters) {
        StringBuilder yaml = new StringBuilder(top);
        yaml.append("\nroutes:\n  - name: chat\n    upstream: \"")
                .append(upstream.uri())
                .append("\"\n");
        options.lines().forEach(line -> yaml.append("    ").append(line).append('\n'));
        yaml.append("    filters:\n");
        for (String filter : filters) {
            yaml.append("      - ")
                    .append(filter.contains(":") ? filter : filter + ": {}")
                    .append('\n');
        }
        gateway = closed(with.config(yaml.toString()).start());
    }

    /** The other upstream, as a target to go on with. */
    final Target elsewhere() {
        return Target.of("other").endpoint(other.uri());
    }

    final URI uri(String path) {
        return gateway.uri(path);
    }

    /** An OpenAI client that asks for a stream. */
    final Client stream() {
        return closed(Client.post(uri(Streams.OPENAI_PATH), Streams.OPENAI_STREAM));
    }

    /** An OpenAI client that asks for JSON. */
    final Client json() {
        return closed(Client.post(uri(Streams.OPENAI_PATH), Streams.OPENAI_JSON));
    }

    /** An Anthropic client that asks for a stream. */
    final Client anthropic() {
        return closed(Client.post(uri(Streams.ANTHROPIC_PATH), Streams.ANTHROPIC_STREAM));
    }
}
