package dev.sluice.bench.faults;

import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenHttp2Upstream;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One fault in one dialect and mode, with a primary and a backup of its own and its route in the gateway's config. */
final class Case implements AutoCloseable {
    private static final String PROBE = "probe";

    private final Fault fault;
    private final Voice voice;
    private final boolean stream;
    private final String name;
    private final Timing timing;
    private final BrokenUpstream primary;
    private final BrokenUpstream backup;
    private final AtomicInteger asked = new AtomicInteger();
    private final @Nullable BrokenHttp2Upstream http2;
    private final @Nullable ServerSocket silent;
    private final @Nullable ExpiredServer expired;
    private URI gateway = URI.create("http://127.0.0.1/");

    Case(Fault fault, Voice voice, boolean stream, String name, Timing timing) throws IOException {
        this.fault = fault;
        this.voice = voice;
        this.stream = stream;
        this.name = name;
        this.timing = timing;
        primary = BrokenUpstream.start();
        primary.always(answers(voice, fault.primary(), asked));
        backup = BrokenUpstream.start();
        backup.always(answers(Voice.OPENAI, fault.backup(), new AtomicInteger()));
        boolean overHttp2 = fault.place() == Fault.Place.HTTP2;
        boolean well = fault.http2() == BrokenHttp2Upstream.Ending.WELL_AFTER_GOAWAY
                || fault.http2() == BrokenHttp2Upstream.Ending.WELL;
        List<String> streamed = well ? voice.stream("m", Voice.TEXT, true) : voice.begun(40);
        String json = voice.whole("m", Voice.TEXT);
        List<String> whole = List.of(well ? json : json.substring(0, 200));
        http2 = overHttp2
                ? BrokenHttp2Upstream.start(
                        stream ? streamed : whole, stream ? "text/event-stream" : "application/json", fault.http2())
                : null;
        silent = fault.place() == Fault.Place.SILENT_TLS
                ? new ServerSocket(0, 50, InetAddress.getLoopbackAddress())
                : null;
        expired = fault.place() == Fault.Place.EXPIRED_TLS ? ExpiredServer.start() : null;
    }

    /** By the fault's answers, but for probes of keys: they never pass, so that a key that is out stays out. */
    private Function<Received, Answer> answers(Voice speaks, Function<Fault.Ask, Answer> answers, AtomicInteger count) {
        return request -> request.json().path("model").asText().equals(PROBE)
                ? speaks.error(401, "invalid_api_key", "who are you")
                : answers.apply(new Fault.Ask(speaks, request, count.incrementAndGet(), timing));
    }

    Fault fault() {
        return fault;
    }

    Voice voice() {
        return voice;
    }

    boolean isStreamed() {
        return stream;
    }

    Timing timing() {
        return timing;
    }

    BrokenUpstream primary() {
        return primary;
    }

    /** The gateway's address, once it is known. */
    void gateway(URI address) {
        gateway = address;
    }

    URI gateway() {
        return gateway;
    }

    /** What the header {@code x-case} says, which its route matches. */
    String name() {
        return name;
    }

    /** How many requests the primary has had. */
    int tries() {
        return http2 == null ? asked.get() : http2.requests();
    }

    Caller call() throws IOException, InterruptedException {
        return Caller.call(gateway, name, voice, stream, timing.limit());
    }

    String providers() {
        String keys = fault.keys() == 1 ? "[first]" : "[first, second]";
        return "  p" + name + ": { type: " + voice.type() + ", baseUrl: \"" + base() + "/v1\", apiTokens: " + keys
                + (fault.place() == Fault.Place.HTTP2 ? ", http2: true" : "") + " }\n"
                + "  f" + name + ": { type: openai, baseUrl: \"" + backup.uri() + "/v1\", apiTokens: [third] }\n";
    }

    private String base() {
        return switch (fault.place()) {
            case SOCKET -> primary.uri().toString();
            // Not one that was free a moment ago: the next server to start may get it.
            case REFUSES -> "http://127.0.0.1:1";
            case UNRESOLVED -> "http://there-is-none.invalid";
            case NO_TLS -> "https://127.0.0.1:" + primary.uri().getPort();
            case SILENT_TLS -> "https://127.0.0.1:" + (silent == null ? 0 : silent.getLocalPort());
            case EXPIRED_TLS -> "https://localhost:" + (expired == null ? 0 : expired.port());
            case HTTP2 -> http2 == null ? "" : http2.uri().toString();
        };
    }

    String route() {
        return """
                  - name: c%1$s
                    match: { path: "/**", headers: { x-case: "%1$s" } }
                    filters:
                      - model-fallback: { targets: [{ provider: f%1$s, model: backup%2$s }]%3$s%4$s }
                      - key-failover: { healthCheckModel: %5$s }
                      - ai-proxy: { provider: p%1$s }
                """.formatted(name, fault.target(), timing.settings(), fault.filter(), PROBE);
    }

    @Override
    public void close() throws IOException {
        primary.close();
        backup.close();
        if (http2 != null) {
            http2.close();
        }
        if (silent != null) {
            silent.close();
        }
        if (expired != null) {
            expired.close();
        }
    }

    @Override
    public String toString() {
        return fault + ", " + voice.type() + ", " + (stream ? "streamed" : "whole");
    }
}
