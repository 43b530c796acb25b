package dev.sluice.host.exchange;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is to be cancelled when an exchange ends. Confined to its event loop. */
final class Cancellations {
    private @Nullable Set<Runnable> pending;
    private boolean over;

    void add(Runnable cancel) {
        if (over) {
            cancel.run();
            return;
        }
        Set<Runnable> all = pending;
        if (all == null) {
            all = new LinkedHashSet<>(8);
            pending = all;
        }
        all.add(cancel);
    }

    void remove(Runnable cancel) {
        if (pending != null && !over) {
            pending.remove(cancel);
        }
    }

    boolean isOver() {
        return over;
    }

    void run() {
        over = true;
        if (pending != null) {
            List.copyOf(pending).forEach(Runnable::run);
            pending = null;
        }
    }
}
