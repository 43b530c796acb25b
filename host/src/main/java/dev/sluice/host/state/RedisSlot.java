package dev.sluice.host.state;

import io.vertx.core.Vertx;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A place for one link, which is made again, after a growing pause, whenever it breaks. Thread-safe. */
final class RedisSlot {
    private static final long SHORTEST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 2000;

    private final Vertx vertx;
    private final RedisDialer dialer;
    private final Consumer<@Nullable String> changed;
    private volatile @Nullable RedisLink link;
    private int failures;
    private boolean closed;

    /**
     * An empty place.
     *
     * @param changed told null when there is a link, else why there is none; also while there was none before
     */
    RedisSlot(Vertx vertx, RedisDialer dialer, Consumer<@Nullable String> changed) {
        this.vertx = vertx;
        this.dialer = dialer;
        this.changed = changed;
    }

    /** The link, or null while there is none. */
    @Nullable
    RedisLink link() {
        return link;
    }

    /** Fills the place; once. */
    void fill() {
        var unused = dialer.dial().onComplete(dialled -> {
            if (dialled.failed()) {
                empty(RedisTrouble.of(dialled.cause()));
            } else {
                put(dialled.result());
            }
        });
    }

    private void put(RedisLink made) {
        synchronized (this) {
            if (!closed) {
                link = made;
            }
        }
        if (link != made) {
            made.breakUp("the gateway ends");
            return;
        }
        changed.accept(null);
        made.onBreak(this::empty);
    }

    /** An answer has come: the next pause is a short one. */
    synchronized void works() {
        failures = 0;
    }

    private void empty(String why) {
        long pause;
        synchronized (this) {
            link = null;
            if (closed) {
                return;
            }
            pause = Math.min(LONGEST_PAUSE_MILLIS, SHORTEST_PAUSE_MILLIS << Math.min(failures++, 10));
        }
        changed.accept(why);
        // Not all nodes at the same moment, when a Redis comes back.
        long jitter = ThreadLocalRandom.current().nextLong(pause / 2 + 1);
        vertx.setTimer(pause / 2 + jitter, late -> {
            boolean wanted;
            synchronized (this) {
                wanted = !closed;
            }
            if (wanted) {
                fill();
            }
        });
    }

    void close() {
        RedisLink open;
        synchronized (this) {
            closed = true;
            open = link;
            link = null;
        }
        if (open != null) {
            open.breakUp("the gateway ends");
        }
    }
}
