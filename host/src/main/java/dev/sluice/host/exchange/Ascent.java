package dev.sluice.host.exchange;

import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.Step;
import dev.sluice.host.route.HookMasks;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer's way up through the response hooks of a list of filters, last filter first; one for the filters of a try,
 * one for those of the exchange.
 *
 * <p>A filter takes tokens in order: the head, then events and the end, or a body, or raw bytes. Its head goes on with
 * the first token that leaves it, so a filter that has let nothing out can still put a whole other answer in place. A
 * filter with a pending {@code when} queues what arrives; a {@code meanwhile} is a slot in what leaves it. All on one
 * event loop.
 */
final class Ascent {

    /** Where tokens go that have passed the first filter, and who is told what the filters decided. */
    interface Exit {
        void head(HostResponseHead head);

        void event(Event event);

        void bytes(Buffer bytes);

        void body(HostBody body);

        /** The answer is whole; {@code stream}: it was events, else raw bytes. A body has no end of its own. */
        void end(boolean stream);

        /** The answer breaks off here. */
        void cut();

        /** The connection is the client's now; no answer follows its head. */
        void upgraded(NetSocket upstream);

        /** A filter failed the answer after its head had left it: nothing whole can follow. */
        void broken(Reply reply, String filter);

        /** A filter ended or replaced the answer: whoever feeds this ascent may stop. */
        void sourceDone();

        /** A filter keeps an event: the answer has begun. */
        void held();

        /**
         * A hook threw, or its stage failed or ran out of time.
         *
         * @return true: go on without that filter; false: the ascent is dead
         */
        boolean hookFailed(int filter, String hook, Throwable cause);

        /** The filter has let something through changed, or kept it. */
        void touched(int filter);

        /** What was blocked is no longer. */
        void ready();

        /** Whether more output would only pile up. */
        boolean full();

        Answer render(Reply reply, int filter);
    }

    /** The filters, by their place in the chain. */
    static final class Filters {
        private final ResponseHooks[] hooks;
        private final String[] names;
        private final int[] masks;
        private final boolean @Nullable [] watched;
        private final boolean @Nullable [] anyBody;

        /**
         * Filters.
         *
         * @param hooks their response hooks
         * @param names how errors name them
         * @param masks what each overrides; without {@link HookMasks#ANSWER} bits it is passed by
         * @param watched those whose changes are to be reported, or null
         * @param anyBody those that want bodies of any media type, or null: all do
         */
        Filters(
                ResponseHooks[] hooks,
                String[] names,
                int[] masks,
                boolean @Nullable [] watched,
                boolean @Nullable [] anyBody) {
            this.hooks = hooks;
            this.names = names;
            this.masks = masks;
            this.watched = watched;
            this.anyBody = anyBody;
        }
    }

    /**
     * Bounds on what may be pending.
     *
     * @param stageMillis how long a stage may take
     * @param slotBytes bytes queued behind slots before the source is held back
     */
    record Bounds(long stageMillis, int slotBytes) {}

    private static final int MAX_SLOTS = 256;
    private static final Object END = new Object();
    private static final Object RAW_END = new Object();
    private static final Object CUT = new Object();

    private static final class Slot {
        @Nullable
        Events result;

        boolean dropped;
    }

    private static final class Node {
        @Nullable
        HostResponseHead head;

        boolean headOut;
        boolean pending;
        boolean closed;

        @Nullable
        ArrayDeque<Object> in;

        @Nullable
        ArrayDeque<Object> out;

        boolean hasIn() {
            return in != null && !in.isEmpty();
        }

        boolean hasOut() {
            return out != null && !out.isEmpty();
        }

        ArrayDeque<Object> in() {
            ArrayDeque<Object> queue = in;
            if (queue == null) {
                queue = new ArrayDeque<>(4);
                in = queue;
            }
            return queue;
        }

        ArrayDeque<Object> out() {
            ArrayDeque<Object> queue = out;
            if (queue == null) {
                queue = new ArrayDeque<>(4);
                out = queue;
            }
            return queue;
        }
    }

    private final Filters filters;
    private final Loop loop;
    private final Bounds bounds;
    private final Exit exit;
    private final @Nullable Node[] nodes;
    private final int top;
    private boolean headPassed;
    private boolean dead;
    private int pending;
    private int slots;
    private int slotBytes;
    private int queues;
    private @Nullable Set<Pending<?>> stages;

    Ascent(Filters filters, Loop loop, Bounds bounds, Exit exit) {
        this.filters = filters;
        this.loop = loop;
        this.bounds = bounds;
        this.exit = exit;
        int n = filters.masks.length;
        nodes = new Node[n];
        int last = -1;
        for (int i = 0; i < n; i++) {
            if ((filters.masks[i] & HookMasks.ANSWER) != 0) {
                nodes[i] = new Node();
                last = i;
            }
        }
        top = last;
    }

    void head(HostResponseHead head) {
        arrive(top, head);
    }

    void event(Event event) {
        if (!headPassed || pending + slots + queues > 0) {
            arrive(top, event);
            return;
        }
        Event current = event;
        for (int i = top; i >= 0; i--) {
            if ((filters.masks[i] & HookMasks.EVENT) == 0) {
                continue;
            }
            Node node = nodes[i];
            if (node == null || node.closed) {
                return;
            }
            Events result = callEvent(i, current);
            if (result == current) {
                continue;
            }
            if (result instanceof Event changed) {
                current = changed;
                continue;
            }
            if (result != null) {
                deliver(i, node, result, false);
            }
            return;
        }
        exit.event(current);
    }

    void bytes(Buffer bytes) {
        arrive(top, bytes);
    }

    void body(HostBody body) {
        arrive(top, body);
    }

    void end() {
        arrive(top, END);
    }

    /** The end of raw bytes, which no hook sees. */
    void rawEnd() {
        arrive(top, RAW_END);
    }

    /** The upstream has switched protocols: after the head nothing but this socket goes up. */
    void upgraded(NetSocket upstream) {
        arrive(top, upstream);
    }

    /** A whole answer that a filter made, for the filters before that one. */
    void enter(int filter, Answer answer) {
        int from = below(filter);
        arrive(from, answer.head());
        HostBody body = answer.body();
        Object last = answer.cut() ? CUT : END;
        if (body != null) {
            arrive(from, answer.cut() ? CUT : body);
        } else if (answer.pace().isZero()) {
            for (Event event : answer.events()) {
                arrive(from, event);
            }
            arrive(from, last);
        } else {
            new Paced(from, answer.events().iterator(), last, answer.pace().toMillis()).next();
        }
    }

    /** Whether what feeds this ascent should wait for {@link Exit#ready}. */
    boolean blocked() {
        return pending > 0 || slots >= MAX_SLOTS || slotBytes > bounds.slotBytes || exit.full();
    }

    /** Ends everything: what completes later is dropped. */
    void kill() {
        dead = true;
        if (stages != null) {
            for (Pending<?> stage : stages) {
                loop.cancelTimer(stage.timer);
            }
            stages = null;
        }
    }

    private int below(int filter) {
        int i = filter - 1;
        while (i >= 0 && nodes[i] == null) {
            i--;
        }
        return i;
    }

    private void arrive(int i, Object token) {
        if (dead) {
            return;
        }
        if (i < 0) {
            leave(token);
            return;
        }
        Node node = nodes[i];
        if (node == null || node.closed) {
            return;
        }
        if (node.pending || node.hasIn()) {
            if (!node.hasIn()) {
                queues++;
            }
            node.in().add(token);
            return;
        }
        handle(i, node, token);
    }

    private void leave(Object token) {
        if (token instanceof Event event) {
            exit.event(event);
        } else if (token instanceof Buffer bytes) {
            exit.bytes(bytes);
        } else if (token == END || token == RAW_END) {
            exit.end(token == END);
        } else if (token == CUT) {
            exit.cut();
        } else if (token instanceof NetSocket upstream) {
            exit.upgraded(upstream);
        } else if (token instanceof HostResponseHead head) {
            headPassed = true;
            exit.head(head);
        } else if (token instanceof HostBody body) {
            exit.body(body);
        }
    }

    private void handle(int i, Node node, Object token) {
        int mask = filters.masks[i];
        if (token instanceof Event event) {
            if ((mask & HookMasks.EVENT) == 0) {
                emit(i, node, event);
                return;
            }
            Events result = callEvent(i, event);
            if (result != null) {
                deliver(i, node, result, false);
            }
        } else if (token == END) {
            Events result = (mask & HookMasks.END) == 0 ? Events.none() : callEnd(i);
            if (result != null) {
                deliver(i, node, result, true);
            }
        } else if (token instanceof HostResponseHead head) {
            if ((mask & HookMasks.RESPONSE) == 0) {
                node.head = head;
                return;
            }
            Step step = callResponse(i, head);
            if (step != null) {
                step(i, node, "onResponse", step, () -> node.head = head);
            }
        } else if (token instanceof HostBody body) {
            if ((mask & HookMasks.RESPONSE_BODY) == 0 || !wants(i, body)) {
                emit(i, node, body);
                return;
            }
            Step step = callResponseBody(i, body);
            if (step != null) {
                step(i, node, "onResponseBody", step, () -> emit(i, node, body));
            }
        } else {
            emit(i, node, token);
        }
    }

    private boolean wants(int i, HostBody body) {
        return filters.anyBody == null || filters.anyBody[i] || body.saysJson();
    }

    private void step(int i, Node node, String hook, Step step, Runnable next) {
        if (step instanceof Step.When when) {
            suspend(i, node, hook, when.stage(), Step.next(), result -> step(i, node, hook, result, next));
        } else if (step instanceof Reply reply) {
            replace(i, reply);
        } else {
            next.run();
        }
    }

    /** What an event hook returned; {@code ending}: out of onEnd, so the end goes on after it. */
    private void deliver(int i, Node node, Events events, boolean ending) {
        if (events instanceof Event event) {
            emit(i, node, event);
        } else if (events instanceof Events.Several several) {
            for (Event event : several.events()) {
                emit(i, node, event);
            }
        } else if (events instanceof Events.Held) {
            exit.held();
        } else if (events instanceof Events.When when) {
            suspend(i, node, ending ? "onEnd" : "onEvent", when.stage(), null, r -> deliver(i, node, r, ending));
            return;
        } else if (events instanceof Events.Meanwhile meanwhile) {
            openSlot(i, node, meanwhile.stage(), ending ? "onEnd" : "onEvent");
        } else if (events instanceof Events.End end) {
            for (Event event : end.events()) {
                emit(i, node, event);
            }
            closeFrom(i);
            emit(i, node, END);
            exit.sourceDone();
            return;
        } else if (events instanceof Events.Fail fail) {
            closeFrom(i);
            dropOut(node);
            exit.sourceDone();
            failNow(i, node, fail.reply());
            return;
        } else if (events instanceof Events.Instead instead) {
            instead(i, node, instead.reply(), ending ? "onEnd" : "onEvent");
            return;
        }
        if (ending && !dead) {
            closeFrom(i);
            emit(i, node, END);
        }
    }

    private void instead(int i, Node node, Reply reply, String hook) {
        if (node.headOut || node.hasOut()) {
            failed(
                    i,
                    hook,
                    new IllegalStateException("Events.instead(…) after a part of the stream has left the filter"));
            return;
        }
        replace(i, reply);
    }

    private void replace(int i, Reply reply) {
        closeFrom(i);
        exit.sourceDone();
        if (!dead) {
            enter(i, exit.render(reply, i));
        }
    }

    /** This filter and those after it take nothing more. */
    private void closeFrom(int i) {
        for (int k = i; k <= top; k++) {
            Node node = nodes[k];
            if (node == null) {
                continue;
            }
            node.closed = true;
            if (node.pending) {
                node.pending = false;
                pending--;
            }
            if (node.hasIn()) {
                queues--;
            }
            node.in = null;
            if (k > i && node.hasOut()) {
                dropOut(node);
            }
        }
    }

    private void dropOut(Node node) {
        ArrayDeque<Object> out = node.out;
        if (out == null) {
            return;
        }
        for (Object token : out) {
            unaccount(token);
            if (token instanceof Slot slot) {
                slot.dropped = true;
            }
        }
        out.clear();
    }

    private void emit(int i, Node node, Object token) {
        if (dead) {
            return;
        }
        if (node.hasOut()) {
            if (token instanceof Event event) {
                slotBytes += event.size();
            }
            node.out().add(token);
            return;
        }
        forward(i, node, token);
    }

    private void forward(int i, Node node, Object token) {
        int next = below(i);
        if (!node.headOut) {
            node.headOut = true;
            HostResponseHead head = node.head;
            if (head != null) {
                arrive(next, head);
            }
        }
        arrive(next, token);
    }

    private void failNow(int i, Node node, Reply reply) {
        if (dead) {
            return;
        }
        if (node.headOut) {
            kill();
            exit.broken(reply, filters.names[i]);
        } else {
            enter(i, exit.render(reply, i));
        }
    }

    private void openSlot(int i, Node node, CompletionStage<? extends Events> stage, String hook) {
        Slot slot = new Slot();
        node.out().add(slot);
        slots++;
        exit.held();
        await(i, hook, stage, null, () -> slot.dropped, result -> {
            slot.result = result;
            drainSlots(i, node, hook);
        });
    }

    private void drainSlots(int i, Node node, String hook) {
        while (!dead && node.hasOut()) {
            Object token = node.out().peek();
            if (!(token instanceof Slot slot)) {
                node.out().poll();
                unaccount(token);
                forward(i, node, token);
                continue;
            }
            Events result = slot.result;
            if (result == null) {
                return;
            }
            CompletionStage<? extends Events> further = result instanceof Events.When when
                    ? when.stage()
                    : result instanceof Events.Meanwhile meanwhile ? meanwhile.stage() : null;
            if (further != null) {
                slot.result = null;
                await(i, hook, further, null, () -> slot.dropped, next -> {
                    slot.result = next;
                    drainSlots(i, node, hook);
                });
                return;
            }
            node.out().poll();
            unaccount(slot);
            fill(i, node, result, hook);
        }
    }

    private void fill(int i, Node node, Events result, String hook) {
        if (result instanceof Event event) {
            forward(i, node, event);
        } else if (result instanceof Events.Several several) {
            for (Event event : several.events()) {
                forward(i, node, event);
            }
        } else if (result instanceof Events.End end) {
            dropOut(node);
            closeFrom(i);
            exit.sourceDone();
            for (Event event : end.events()) {
                forward(i, node, event);
            }
            forward(i, node, END);
        } else if (result instanceof Events.Fail fail) {
            dropOut(node);
            closeFrom(i);
            exit.sourceDone();
            failNow(i, node, fail.reply());
        } else if (result instanceof Events.Instead instead) {
            dropOut(node);
            instead(i, node, instead.reply(), hook);
        }
    }

    private void unaccount(Object token) {
        if (token instanceof Slot) {
            slots--;
        } else if (token instanceof Event event) {
            slotBytes -= event.size();
        }
    }

    private <T> void suspend(
            int i,
            Node node,
            String hook,
            CompletionStage<? extends T> stage,
            @Nullable T ifSkipped,
            Consumer<T> then) {
        node.pending = true;
        pending++;
        await(i, hook, stage, ifSkipped, () -> node.closed, result -> {
            node.pending = false;
            pending--;
            then.accept(result);
            drainIn(i, node);
        });
    }

    private void drainIn(int i, Node node) {
        while (!dead && !node.closed && !node.pending && node.hasIn()) {
            Object token = node.in().poll();
            if (!node.hasIn()) {
                queues--;
            }
            handle(i, node, token);
        }
    }

    /**
     * Calls back on the loop with what the stage gives; a failure or its time running out fails the hook.
     *
     * @param moot whether nobody waits for the stage any more, so that its end is of no matter
     */
    private <T> void await(
            int i,
            String hook,
            CompletionStage<? extends T> stage,
            @Nullable T ifSkipped,
            BooleanSupplier moot,
            Consumer<T> then) {
        Pending<T> waiting = new Pending<>(i, hook, ifSkipped, moot, then);
        if (stage instanceof CompletableFuture<?> future && future.isDone()) {
            @SuppressWarnings("unchecked")
            CompletableFuture<? extends T> done = (CompletableFuture<? extends T>) future;
            var unused = done.whenComplete(waiting::settle);
            return;
        }
        Set<Pending<?>> all = stages;
        if (all == null) {
            all = new HashSet<>();
            stages = all;
        }
        all.add(waiting);
        waiting.timer = loop.setTimer(
                bounds.stageMillis,
                () -> resume(
                        waiting,
                        null,
                        new TimeoutException("its stage did not complete within " + bounds.stageMillis + " ms")));
        stage.whenComplete((value, error) -> loop.execute(() -> resume(waiting, value, error)));
    }

    /**
     * A stage has ended in a task of its own. Only here may more be asked for: a stage that was done when it was
     * returned stands in the middle of somebody's feeding, and what came of it then would overtake the rest.
     */
    private <T> void resume(Pending<T> waiting, @Nullable T value, @Nullable Throwable error) {
        waiting.settle(value, error);
        if (!dead && !blocked()) {
            exit.ready();
        }
    }

    private final class Pending<T> {
        private final int filter;
        private final String hook;
        private final @Nullable T ifSkipped;
        private final BooleanSupplier moot;
        private final Consumer<T> then;
        private long timer = -1;
        private boolean settled;

        private Pending(int filter, String hook, @Nullable T ifSkipped, BooleanSupplier moot, Consumer<T> then) {
            this.filter = filter;
            this.hook = hook;
            this.ifSkipped = ifSkipped;
            this.moot = moot;
            this.then = then;
        }

        private void settle(@Nullable T value, @Nullable Throwable error) {
            if (settled || dead) {
                return;
            }
            settled = true;
            if (timer >= 0) {
                loop.cancelTimer(timer);
                if (stages != null) {
                    stages.remove(this);
                }
            }
            if (moot.getAsBoolean()) {
                return;
            }
            if (value == null || error != null) {
                Throwable cause = error == null ? new NullPointerException("its stage completed with null") : error;
                Throwable inner = cause.getCause();
                Throwable blamed = cause instanceof CompletionException && inner != null ? inner : cause;
                if (ifSkipped == null) {
                    touched(filter);
                }
                if (failed(filter, hook, blamed) && ifSkipped != null) {
                    then.accept(ifSkipped);
                }
            } else {
                then.accept(value);
            }
        }
    }

    private final class Paced {
        private final int from;
        private final Iterator<Event> events;
        private final Object last;
        private final long millis;

        private Paced(int from, Iterator<Event> events, Object last, long millis) {
            this.from = from;
            this.events = events;
            this.last = last;
            this.millis = millis;
        }

        private void next() {
            if (dead) {
                return;
            }
            if (!blocked()) {
                if (!events.hasNext()) {
                    arrive(from, last);
                    return;
                }
                arrive(from, events.next());
            }
            loop.setTimer(millis, this::next);
        }
    }

    private @Nullable Events callEvent(int i, Event event) {
        loop.seat().enter(filters.names[i], "onEvent");
        try {
            Events result = filters.hooks[i].onEvent(event);
            if (result != event) {
                requireResult(result, "onEvent");
                touched(i);
            }
            return result;
        } catch (Throwable t) {
            return failed(i, "onEvent", t) ? event : null;
        } finally {
            loop.seat().exit();
        }
    }

    private @Nullable Events callEnd(int i) {
        loop.seat().enter(filters.names[i], "onEnd");
        try {
            Events result = requireResult(filters.hooks[i].onEnd(), "onEnd");
            if (result != Events.none()) {
                touched(i);
            }
            return result;
        } catch (Throwable t) {
            return failed(i, "onEnd", t) ? Events.none() : null;
        } finally {
            loop.seat().exit();
        }
    }

    private @Nullable Step callResponse(int i, HostResponseHead head) {
        int before = head.changes();
        loop.seat().enter(filters.names[i], "onResponse");
        try {
            Step step = requireResult(filters.hooks[i].onResponse(head), "onResponse");
            if (head.changes() != before) {
                touched(i);
            }
            return step;
        } catch (Throwable t) {
            if (head.changes() != before) {
                touched(i);
            }
            return failed(i, "onResponse", t) ? Step.next() : null;
        } finally {
            loop.seat().exit();
        }
    }

    private @Nullable Step callResponseBody(int i, HostBody body) {
        int before = body.changes();
        loop.seat().enter(filters.names[i], "onResponseBody");
        try {
            Step step = requireResult(filters.hooks[i].onResponseBody(body), "onResponseBody");
            if (body.changes() != before) {
                touched(i);
            }
            return step;
        } catch (Throwable t) {
            if (body.changes() != before) {
                touched(i);
            }
            return failed(i, "onResponseBody", t) ? Step.next() : null;
        } finally {
            loop.seat().exit();
        }
    }

    private static <T> T requireResult(@Nullable T result, String hook) {
        if (result == null) {
            throw new NullPointerException(hook + " returned null");
        }
        return result;
    }

    private void touched(int i) {
        if (filters.watched != null && filters.watched[i]) {
            exit.touched(i);
        }
    }

    private boolean failed(int i, String hook, Throwable cause) {
        if (exit.hookFailed(i, hook, cause)) {
            return true;
        }
        kill();
        return false;
    }

    /** For tests and traces: what is waiting. */
    @Override
    public String toString() {
        return "Ascent[" + List.of(filters.names) + ", pending " + pending + ", slots " + slots + "]";
    }
}
