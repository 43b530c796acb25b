package dev.sluice.bench.compare;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads streams of {@link EventUpstream} and prints one line of {@code key=value}s.
 *
 * <ul>
 *   <li>{@code EventDriver burst PORT STREAMS EVENTS SECONDS}: that many streams at once, one after the other for that
 *       long; counts whole events of whole streams and those read of the last.
 *   <li>{@code EventDriver paced PORT STREAMS EVENTS MILLIS}: each once, all at once; checks that each stream brings all
 *       its events in order, and takes the time of each from its sending to its arrival here, in microseconds. Sender and
 *       driver read the machine's one monotonic clock.
 * </ul>
 *
 * Exits with 1 if an event is lost or out of order.
 */
public final class EventDriver extends VerticleBase {
    private static final long START_SPREAD_MILLIS = 1000;

    private final int port;
    private final String path;
    private final int streams;
    private final int events;
    private final long endAt;
    private final Promise<Void> done = Promise.promise();
    private final long[] micros;
    private @Nullable HttpClient client;
    private int running;
    private int timed;
    private long seen;
    private long wrong;
    private long failed;
    private long firstNanos;
    private long lastNanos;

    private EventDriver(int port, String path, int streams, int events, boolean paced, long seconds) {
        this.port = port;
        this.path = path;
        this.streams = streams;
        this.events = events;
        this.endAt = paced ? 0 : System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        this.micros = new long[paced ? streams * events : 0];
    }

    /** Runs it. */
    public static void main(String[] args) throws Exception {
        boolean paced = args[0].equals("paced");
        int port = Integer.parseInt(args[1]);
        int streams = Integer.parseInt(args[2]);
        int events = Integer.parseInt(args[3]);
        long last = Long.parseLong(args[4]);
        String path = "/v1/stream?events=" + events + (paced ? "&millis=" + last : "");
        EventDriver driver = new EventDriver(port, path, streams, events, paced, last);
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        vertx.deployVerticle(driver, new DeploymentOptions())
                .compose(id -> driver.done.future())
                .toCompletionStage()
                .toCompletableFuture()
                .get(paced ? 60 + events * last / 1000 : last + 30, TimeUnit.SECONDS);
        boolean whole = driver.print(paced);
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        System.exit(whole ? 0 : 1);
    }

    private boolean print(boolean paced) {
        double seconds = (lastNanos - firstNanos) / 1e9;
        long lost = paced ? (long) streams * events - seen : 0;
        StringBuilder line = new StringBuilder("events=" + seen);
        line.append(String.format(" seconds=%.3f per_second=%.0f", seconds, seen / seconds));
        line.append(" failed=" + failed + " wrong=" + wrong + " lost=" + lost);
        if (paced) {
            long[] sorted = Arrays.copyOf(micros, timed);
            Arrays.sort(sorted);
            line.append(" p50=" + at(sorted, 50) + " p99=" + at(sorted, 99) + " max=" + at(sorted, 100));
        }
        System.out.println(line);
        return failed == 0 && wrong == 0 && lost == 0;
    }

    private static long at(long[] sorted, int percent) {
        return sorted.length == 0 ? -1 : sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
    }

    @Override
    public Future<?> start() {
        client = vertx.createHttpClient(
                new HttpClientOptions().setTcpNoDelay(true).setMaxChunkSize(64 * 1024),
                new PoolOptions().setHttp1MaxSize(streams).setMaxWaitQueueSize(streams));
        firstNanos = System.nanoTime();
        running = streams;
        for (int i = 0; i < streams; i++) {
            // Streams that all begin in one instant would tick in one instant for ever.
            long delay = micros.length == 0 ? 1 : 1 + i * START_SPREAD_MILLIS / streams;
            vertx.setTimer(delay, timer -> open());
        }
        return Future.succeededFuture();
    }

    private void open() {
        HttpClient http = client;
        if (http == null) {
            return;
        }
        http.request(HttpMethod.GET, port, "127.0.0.1", path)
                .compose(request -> request.send())
                .onComplete(response -> new Reader().read(response), cause -> ended(false));
    }

    private void ended(boolean whole) {
        lastNanos = System.nanoTime();
        if (!whole) {
            failed++;
        }
        if (whole && endAt > lastNanos) {
            open();
            return;
        }
        if (--running == 0) {
            done.tryComplete();
        }
    }

    /** Counts the events of one stream by their line ends, and reads the numbers in them where they matter. */
    private final class Reader {
        private int expected;
        private int lineFeeds;
        private boolean finished;

        // The number being read, and which of the two it is.
        private long number;
        private byte key;
        private byte last;
        private boolean inNumber;

        void read(HttpClientResponse response) {
            if (response.statusCode() != 200) {
                finish(false);
                return;
            }
            response.handler(this::chunk);
            response.exceptionHandler(cut -> finish(false));
            response.endHandler(end -> finish(expected == events));
        }

        private void finish(boolean whole) {
            if (!finished) {
                finished = true;
                ended(whole);
            }
        }

        private void chunk(Buffer chunk) {
            long now = System.nanoTime();
            for (int i = 0; i < chunk.length(); i++) {
                byte b = chunk.getByte(i);
                if (inNumber) {
                    if (b >= '0' && b <= '9') {
                        number = number * 10 + (b - '0');
                        last = b;
                        continue;
                    }
                    numberEnded(now);
                }
                // After the quote that ends the key "i" or "t" comes a colon, then the number.
                if (b == ':' && last == '"' && (key == 'i' || key == 't')) {
                    inNumber = true;
                    number = 0;
                } else if (b != '"') {
                    key = last == '"' ? b : 0;
                }
                last = b;
                lineFeeds = b == '\n' ? lineFeeds + 1 : 0;
                if (lineFeeds == 2) {
                    expected++;
                    seen++;
                }
            }
        }

        private void numberEnded(long now) {
            inNumber = false;
            if (key == 'i' && number != expected) {
                wrong++;
            }
            if (key == 't' && timed < micros.length) {
                micros[timed++] = (now - number) / 1000;
            }
        }
    }
}
