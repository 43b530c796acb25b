package dev.sluice.bench.faults;

import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Calls while the primary goes up and down in several ways, the backup healthy: {@code FlappingPrimary BIN_SLUICE
 * [CALLS]}. Ends with status 1 if a call failed, the primary was asked too often, or a connection was left behind.
 */
public final class FlappingPrimary {
    private static final int CLIENTS = 32;
    private static final int WARM_UP = 200;
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String CONFIG = """
            providers:
              p: { type: openai, baseUrl: "%s/v1", apiTokens: [one, two] }
              f: { type: openai, baseUrl: "%s/v1", apiTokens: [three] }
            routes:
              - name: chat
                filters:
                  - model-fallback:
                      targets: [{ provider: f, model: backup }]
                      firstEventTimeout: 2s
                      idleTimeout: 2s
                      answerTimeout: 2s
                      backoff: 20ms
                      health: { baseEjection: 200ms, maxEjection: 1s }
                  - key-failover: { healthCheckModel: probe }
                  - ai-proxy: { provider: p }
            """;

    /** What the primary is doing. */
    private enum Phase {
        UP,
        UNAVAILABLE,
        BUSY,
        RESETS,
        CUTS,
        SILENT,
        NONSENSE
    }

    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicLong byBackup = new AtomicLong();
    private final Map<Phase, Long> asked = new ConcurrentHashMap<>();
    private final Random random = new Random(7);
    private volatile Phase phase = Phase.UP;
    private volatile boolean over;
    private int flaps;

    private FlappingPrimary() {}

    /** Runs it. */
    public static void main(String[] args) throws Exception {
        // So that what is open at the end is the gateway's own.
        System.setProperty("jdk.httpclient.keepalive.timeout", "5");
        int calls = args.length > 1 ? Integer.parseInt(args[1]) : 60_000;
        System.exit(new FlappingPrimary().run(Path.of(args[0]), calls) ? 0 : 1);
    }

    private boolean run(Path program, int calls) throws Exception {
        BrokenUpstream primary = BrokenUpstream.start();
        BrokenUpstream backup = BrokenUpstream.start();
        primary.always(this::answer);
        backup.always(request -> good(request, "backup"));
        try (Distribution gateway = Distribution.start(program, CONFIG.formatted(primary.uri(), backup.uri()))) {
            long before = gateway.connections();
            call(gateway, WARM_UP);
            Thread flapper = new Thread(this::flap, "flapper");
            flapper.start();
            long began = System.nanoTime();
            asked.clear();
            byBackup.set(0);
            call(gateway, calls);
            double seconds = (System.nanoTime() - began) / 1e9;
            over = true;
            flapper.join();
            long peak = gateway.connections();
            primary.close();
            backup.close();
            long after = settled(gateway, before);
            return report(calls, seconds, before, peak, after);
        } finally {
            primary.close();
            backup.close();
        }
    }

    private boolean report(int calls, double seconds, long before, long peak, long after) {
        long tries = 0;
        for (Phase one : Phase.values()) {
            tries += asked.getOrDefault(one, 0L);
        }
        long broken = tries - asked.getOrDefault(Phase.UP, 0L);
        // Two tries with two keys, by all clients at once, in each time that it is down, and a probe now and then.
        long most = (long) flaps * (CLIENTS * 4L);
        System.out.printf("calls %d in %.0f s, failed %d%n", calls, seconds, failed.get());
        System.out.printf("answered by the backup %d, the primary changed %d times%n", byBackup.get(), flaps);
        System.out.printf("the primary was asked %d times, of these while down %d; allowed %d%n", tries, broken, most);
        for (Phase one : Phase.values()) {
            System.out.printf("  %s %d%n", one, asked.getOrDefault(one, 0L));
        }
        System.out.printf("connections of the gateway: %d before, %d under load, %d after%n", before, peak, after);
        return failed.get() == 0 && broken <= most && tries <= 2L * calls && after <= before;
    }

    private static long settled(Distribution gateway, long before) throws Exception {
        long now = gateway.connections();
        for (int left = 300; now > before && left > 0; left--) {
            Thread.sleep(100);
            now = gateway.connections();
        }
        return now;
    }

    private void call(Distribution gateway, int calls) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        AtomicInteger left = new AtomicInteger(calls);
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            all.add(clients.submit(() -> {
                for (int n = left.getAndDecrement(); n > 0; n = left.getAndDecrement()) {
                    one(gateway, n % 2 == 0 ? Voice.OPENAI : Voice.ANTHROPIC, n % 4 < 2);
                }
            }));
        }
        for (Future<?> one : all) {
            one.get();
        }
        clients.shutdown();
        clients.awaitTermination(1, TimeUnit.MINUTES);
    }

    private void one(Distribution gateway, Voice voice, boolean stream) {
        String problem;
        try {
            Caller call = Caller.call(gateway.uri(), "", voice, stream, LIMIT);
            boolean whole =
                    call.status() == 200 && call.isWhole() && call.text().equals(Voice.TEXT);
            if (call.header("x-sluice-provider").equals("f")) {
                byBackup.incrementAndGet();
            }
            problem = whole ? "" : Judge.failed(call, 0, "not whole").detail();
        } catch (Exception e) {
            problem = e.toString();
        }
        if (!problem.isEmpty() && failed.incrementAndGet() <= 10) {
            System.err.println(voice + (stream ? ", streamed: " : ": ") + problem);
        }
    }

    private void flap() {
        try {
            while (!over) {
                Phase next = Phase.values()[random.nextInt(Phase.values().length)];
                phase = phase == Phase.UP ? next : Phase.UP;
                flaps++;
                Thread.sleep(100 + random.nextInt(400));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Answer answer(Received request) {
        if (request.json().path("model").asText().equals("probe")) {
            return good(request, "probe");
        }
        Phase now = phase;
        asked.merge(now, 1L, Long::sum);
        Answer begun = request.json().path("stream").asBoolean()
                ? Answer.stream().chunk(Voice.joined(Voice.OPENAI.begun(40)))
                : Answer.status(200).header("content-type", "application/json").chunk("{\"id\":");
        return switch (now) {
            case UP -> good(request, "m");
            case UNAVAILABLE -> Voice.OPENAI.error(503, "overloaded", "down");
            case BUSY -> Voice.OPENAI.error(429, "rate_limit_exceeded", "slow down");
            case RESETS -> Answer.resetBeforeHeaders();
            case CUTS -> begun.pause(Duration.ofMillis(20)).cut();
            case SILENT -> begun.silence();
            case NONSENSE -> Answer.status(200).raw("what?\r\n\r\n").close();
        };
    }

    /** In one write, for there are many; a word an event is what the battery is for. */
    private static Answer good(Received request, String model) {
        String text = Faults.rest(request);
        return request.json().path("stream").asBoolean()
                ? Answer.stream()
                        .chunk(Voice.joined(Voice.OPENAI.stream(model, text, true)))
                        .end()
                : Answer.json(200, Voice.OPENAI.whole(model, text));
    }
}
