package dev.sluice.host.exchange;

import dev.sluice.api.Operation;
import dev.sluice.api.Recovery;
import dev.sluice.api.Reply;
import dev.sluice.api.Target;
import dev.sluice.host.route.HookMasks;
import dev.sluice.host.route.HostProvider;
import dev.sluice.host.upstream.EndpointUse;
import dev.sluice.host.upstream.Endpoints;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The loop of tries of one exchange: starts them, and after a failed one asks the filters, last first, how to go on.
 * Bounded by the route's {@code maxTries}; its total timeout is the exchange's.
 */
final class Tries {
    private final HostExchange exchange;
    private final List<HostAttempt> attempts = new ArrayList<>(1);
    private final SaidRecorder said = new SaidRecorder();
    private final boolean keepsSaid;
    private @Nullable Try current;
    private @Nullable HostFailure first;
    private boolean accepted;
    private boolean resumable;

    Tries(HostExchange exchange) {
        this.exchange = exchange;
        this.keepsSaid = exchange.plan().any(HookMasks.FAILURE) && exchange.operation() == Operation.CHAT;
    }

    List<HostAttempt> attempts() {
        return attempts;
    }

    SaidRecorder said() {
        return said;
    }

    boolean keepsSaid() {
        return keepsSaid;
    }

    boolean accepted() {
        return accepted;
    }

    boolean canRetry() {
        return attempts.size() < exchange.maxTries() && exchange.bodyIsThere();
    }

    @Nullable
    Try current() {
        return current;
    }

    void start() {
        Target target = exchange.target();
        if (target == null) {
            exchange.fail(500, "filter_failed", "no filter of route '" + exchange.route() + "' has picked a target");
            return;
        }
        next(target, false);
    }

    private void next(Target wanted, boolean resume) {
        if (exchange.isOver()) {
            return;
        }
        Target resolved = wanted;
        URI endpoint = wanted.endpoint();
        EndpointUse use = null;
        boolean allOut = false;
        HostProvider provider = exchange.provider(wanted.provider());
        if (provider != null) {
            String model = wanted.model() == null ? exchange.model() : wanted.model();
            if (model != null) {
                resolved = resolved.model(provider.wireModel(model));
            }
            Endpoints endpoints = provider.balanced();
            use = endpoint == null ? endpoints.pick() : endpoints.use(endpoint);
            if (use != null) {
                endpoint = use.endpoint().uri();
            }
            allOut = endpoint == null && !endpoints.all().isEmpty();
        } else if (exchange.upstream() != null && endpoint == null) {
            endpoint = exchange.upstream();
        }
        if (endpoint != null) {
            resolved = resolved.endpoint(endpoint);
        }
        HostAttempt attempt = new HostAttempt(
                attempts.size() + 1,
                wanted,
                resolved,
                resume,
                said,
                exchange.timeouts(wanted.provider()).newDeadlines(exchange.loop()),
                use);
        attempts.add(attempt);
        exchange.giveKeys(attempt);
        Try next = new Try(exchange, this, attempt, endpoint);
        current = next;
        if (provider == null && exchange.upstream() == null) {
            next.fail(dev.sluice.api.Failure.Reason.NO_ENDPOINT, "there is no provider '" + wanted.provider() + "'");
            return;
        }
        if (allOut) {
            next.fail(
                    dev.sluice.api.Failure.Reason.NO_ENDPOINT,
                    "every endpoint of provider '" + wanted.provider() + "' is out");
            return;
        }
        next.begin();
    }

    void accepted(HostResponseHead head) {
        if (!accepted) {
            // What went wrong before is mended; should the rest be lost, its own cause is what the client is told.
            first = null;
        }
        accepted = true;
        resumable = head.isStream();
    }

    void ended() {
        current = null;
    }

    /** A filter of the exchange has ended or replaced the answer. */
    void cancel() {
        Try t = current;
        if (t != null) {
            current = null;
            t.cancel();
        }
    }

    void failed(HostFailure failure) {
        current = null;
        if (first == null) {
            first = failure;
        }
        if (accepted && !resumable) {
            giveUp();
            return;
        }
        ask(exchange.chain().size() - 1, failure);
    }

    private void ask(int from, HostFailure failure) {
        for (int i = from; i >= 0; i--) {
            if (exchange.isOver()) {
                return;
            }
            if ((exchange.plan().masks()[i] & HookMasks.FAILURE) == 0) {
                continue;
            }
            Recovery recovery = exchange.filters().onFailure(i, failure);
            if (recovery == null || !passes(i, recovery, failure)) {
                return;
            }
        }
        giveUp();
    }

    /** Whether the filter above is to be asked. */
    private boolean passes(int i, Recovery recovery, HostFailure failure) {
        if (recovery instanceof Recovery.When when) {
            exchange.await(
                    when.stage(),
                    result -> {
                        if (passes(i, result, failure)) {
                            ask(i - 1, failure);
                        }
                    },
                    error -> {
                        if (exchange.hookFailed(i, "onFailure", error)) {
                            ask(i - 1, failure);
                        }
                    });
            return false;
        }
        if (recovery instanceof Recovery.Pass) {
            return true;
        }
        if (recovery instanceof Recovery.Retry retry && !accepted) {
            if (!failure.canRetry()) {
                return true;
            }
            Target target = retry.target() == null ? failure.attempt().wanted() : retry.target();
            after(retry.delay(), () -> next(target, false));
            return false;
        }
        if (recovery instanceof Recovery.Resume resume && accepted) {
            if (!failure.canRetry()) {
                return true;
            }
            next(resume.target(), true);
            return false;
        }
        if (recovery instanceof Reply reply && !accepted) {
            exchange.answerFrom(i, reply);
            return false;
        }
        exchange.hookFailed(
                i,
                "onFailure",
                new IllegalStateException(recovery
                        + (accepted
                                ? ": once the answer is accepted, only pass and resume are possible"
                                : ": there is nothing to resume, the answer is not accepted yet")));
        return false;
    }

    private void after(Duration delay, Runnable task) {
        if (delay.isZero() || delay.isNegative()) {
            task.run();
        } else {
            exchange.later(delay, task);
        }
    }

    private void giveUp() {
        HostFailure cause = first;
        if (cause == null || exchange.isOver()) {
            return;
        }
        if (accepted) {
            exchange.breakOff(cause.asReply());
            return;
        }
        Answer answer = cause.answer();
        exchange.answer(answer != null ? answer : exchange.render(cause.asReply(), HostResponseHead.UPSTREAM));
    }
}
