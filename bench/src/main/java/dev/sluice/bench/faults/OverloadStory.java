package dev.sluice.bench.faults;

import dev.sluice.testkit.BrokenUpstream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A self-hosted model that slows with its load and dies beyond it, under a spike, without and with protection: {@code
 * OverloadStory BIN_SLUICE [SVG]}. Ends with status 1 unless it dies without, and with it neither dies nor fails a caller.
 */
public final class OverloadStory {
    private static final int TICK_MILLIS = 250;
    private static final int SECONDS = 50;
    private static final int SPIKE_FROM = 8;
    private static final int SPIKE_TO = 20;
    private static final int USUAL_RATE = 16;
    private static final int SPIKE_RATE = 120;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final String BARE = """
            providers:
              local: { type: vllm, baseUrl: "%s/v1" }
            routes:
              - name: chat
                filters: [ ai-proxy: { provider: local } ]
            """;
    private static final String PROTECTED = """
            providers:
              local: { type: vllm, baseUrl: "%s/v1" }
              cloud: { type: openai, baseUrl: "%s/v1", apiTokens: [one] }
            routes:
              - name: chat
                filters:
                  - model-fallback:
                      targets:
                        - { provider: local, firstEventTimeout: 200ms }
                        - { provider: cloud, model: backup }
                      health: { failureRate: 50, interval: 1s, baseEjection: 30s, maxEjection: 30s }
                  - ai-proxy: { provider: local }
            """;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicInteger errors = new AtomicInteger();
    private final List<CompletableFuture<?>> calls = new ArrayList<>();

    /** What was seen in one tick. */
    record Sample(double second, int running, int errors, boolean dead) {}

    /** One run. */
    record Run(String title, List<Sample> samples, int calls, int errors, int deaths, int most) {}

    private OverloadStory() {}

    /** Runs both. */
    public static void main(String[] args) throws Exception {
        Path program = Path.of(args[0]);
        Run bare = new OverloadStory().run("without protection", program, BARE);
        Run safe = new OverloadStory().run("first event within 200 ms, ejection, a fallback", program, PROTECTED);
        for (Run run : List.of(bare, safe)) {
            System.out.printf(
                    "%s: %d calls, %d errors, the model died %d times, at most %d requests at a time in it%n",
                    run.title, run.calls, run.errors, run.deaths, run.most);
        }
        if (args.length > 1) {
            Files.writeString(Path.of(args[1]), Plot.of(List.of(bare, safe), OverloadedModel.MOST, SECONDS));
        }
        System.exit(bare.deaths > 0 && safe.deaths == 0 && safe.errors == 0 ? 0 : 1);
    }

    private Run run(String title, Path program, String config) throws Exception {
        try (OverloadedModel model = new OverloadedModel();
                BrokenUpstream cloud = BrokenUpstream.start();
                Distribution gateway = Distribution.start(program, config.formatted(model.uri(), cloud.uri()))) {
            cloud.always(request ->
                    Faults.good(new Fault.Ask(Voice.OPENAI, request, 1, Timing.FULL), "backup", "a short answer "));
            warmUp(gateway.uri());
            List<Sample> samples = new ArrayList<>();
            long began = System.nanoTime();
            double due = 0;
            int before = 0;
            for (int tick = 1; tick <= SECONDS * 1000 / TICK_MILLIS; tick++) {
                double until = tick * TICK_MILLIS / 1000.0;
                int most = 0;
                for (double now = seconds(began); now < until; now = seconds(began)) {
                    while (due <= now) {
                        call(gateway.uri());
                        boolean spike = due >= SPIKE_FROM && due < SPIKE_TO;
                        due += 1.0 / (spike ? SPIKE_RATE : USUAL_RATE);
                    }
                    most = Math.max(most, model.running());
                    Thread.sleep(2);
                }
                int all = errors.get();
                samples.add(new Sample(until, most, all - before, model.isDead()));
                before = all;
            }
            CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new)).join();
            int most = samples.stream().mapToInt(Sample::running).max().orElse(0);
            return new Run(title, samples, calls.size(), errors.get(), model.deaths(), most);
        }
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    /** The JVMs' first calls take longer than the story's 200 ms. */
    private void warmUp(URI gateway) throws InterruptedException, IOException {
        for (int i = 0; i < 300; i++) {
            if (i % 4 == 0) {
                Thread.sleep(20);
            }
            call(gateway);
            if (i % 4 == 3) {
                CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new)).join();
            }
        }
        calls.clear();
        errors.set(0);
    }

    private void call(URI gateway) {
        HttpRequest request = HttpRequest.newBuilder(gateway.resolve(Voice.OPENAI.path()))
                .timeout(PATIENCE)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(Caller.body(Voice.OPENAI, true)))
                .build();
        calls.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                .handle((answer, broken) -> {
                    boolean whole = broken == null
                            && answer.statusCode() == 200
                            && answer.body().endsWith(Voice.OPENAI.terminator());
                    return whole ? 0 : errors.incrementAndGet();
                }));
    }
}
