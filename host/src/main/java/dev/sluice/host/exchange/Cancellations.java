package dev.sluice.host.exchange;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is to be cancelled when an exchange ends. Confined to its event loop. */
final class Cancellations {
    private @Nullable List<Runnable> pending;
    private boolean over;

    void add(Runnable cancel) {
        if (over) {
            cancel.run();
            return;
        }
        List<Runnable> all = pending;
        if (all == null) {
            all = new ArrayList<>(4);
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
        List<Runnable> all = pending;
        if (all != null) {
            pending = null;
            all.forEach(Runnable::run);
        }
    }
}
