package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.plugins.contentsafety.Channel.Stretch;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Guards a stream. Events are held until a window of their text is full; while it is checked the next one fills. What has
 * passed a check flows on, event by event, but for each text's end, which belongs to the next window, too. What was masked
 * on its way in is put back on its way out.
 *
 * <p>Events leave in the order in which they came. Confined to the exchange.
 */
final class StreamGuard {
    /** Windows that may be checked at a time; with more, the stream waits. */
    private static final int MOST_WINDOWS = 8;

    /**
     * How a stream is cut.
     *
     * @param window characters that are checked together
     * @param overlap characters at its end that are checked again with the next
     * @param maxDelay how long an event waits for its window to fill
     */
    record Cut(int window, int overlap, Duration maxDelay) {}

    private record Span(Channel channel, int from, int to) {}

    private record Held(Event event, List<Span> spans) {}

    private final Exchange exchange;
    private final @Nullable Inspector inspector;
    private final Vault vault;
    private final Reach reach;
    private final Cut cut;
    private final StreamEnd ending;
    private final Consumer<List<Finding>> found;
    private final Map<String, Channel> channels = new HashMap<>();
    private final Deque<Held> held = new ArrayDeque<>();
    private @Nullable CompletableFuture<Events> window;
    private CompletionStage<?> settled = CompletableFuture.completedFuture(null);
    private int unsettled;
    private int fresh;
    private boolean over;

    /**
     * A guard for one stream.
     *
     * @param inspector what checks; null: nothing does, what was masked is put back
     * @param ending how it ends where it must
     * @param found told of every finding once
     */
    StreamGuard(
            Exchange exchange,
            @Nullable Inspector inspector,
            Vault vault,
            Reach reach,
            Cut cut,
            StreamEnd ending,
            Consumer<List<Finding>> found) {
        this.exchange = exchange;
        this.inspector = inspector;
        this.vault = vault;
        this.reach = reach;
        this.cut = cut;
        this.ending = ending;
        this.found = found;
    }

    Events onEvent(Event event) {
        if (over) {
            return Events.none();
        }
        int seen = hold(event);
        if (inspector == null) {
            return toEvents(release(false));
        }
        if (held.isEmpty()) {
            ending.passes(event);
            return event;
        }
        fresh += seen;
        if (fresh == 0) {
            return Events.held();
        }
        if (unsettled >= MOST_WINDOWS) {
            return Events.when(settled.handle((done, failure) -> inWindow()));
        }
        return inWindow();
    }

    Events onEnd() {
        if (over) {
            return Events.none();
        }
        if (inspector == null) {
            return Events.of(release(true));
        }
        if (held.isEmpty() && window == null && unsettled == 0) {
            return Events.none();
        }
        CompletableFuture<Events> last = window == null ? new CompletableFuture<>() : window;
        boolean owns = window == null;
        window = last;
        close(true);
        // Where the slot is already in the order of output, the end only waits for it.
        return owns ? Events.meanwhile(last) : Events.meanwhile(last.thenApply(done -> Events.none()));
    }

    /** Takes the event's texts; returns how many characters of them are seen. */
    private int hold(Event event) {
        List<Place> places = event.looksLikeJson() ? reach.event(event.json()) : List.of();
        if (places.isEmpty() && held.isEmpty()) {
            if (inspector == null) {
                held.add(new Held(event, List.of()));
            }
            return 0;
        }
        List<Span> spans = new ArrayList<>(places.size());
        int seen = 0;
        for (Place place : places) {
            Channel channel = channels.computeIfAbsent(place.channel(), name -> new Channel(place.json()));
            int from = channel.end();
            seen += channel.add(place.text());
            spans.add(new Span(channel, from, channel.end()));
        }
        held.add(new Held(event, spans));
        return seen;
    }

    private Events inWindow() {
        if (over) {
            return Events.none();
        }
        CompletableFuture<Events> slot = window;
        boolean opens = slot == null;
        if (slot == null) {
            slot = new CompletableFuture<>();
            window = slot;
            CompletableFuture<Events> opened = slot;
            if (fresh < cut.window) {
                var unused = exchange.after(cut.maxDelay).thenRun(() -> {
                    if (window == opened) {
                        close(false);
                    }
                });
            }
        }
        if (fresh >= cut.window && window == slot) {
            close(false);
        }
        return opens ? Events.meanwhile(slot) : Events.held();
    }

    private void close(boolean last) {
        CompletableFuture<Events> slot = window;
        Inspector checks = inspector;
        if (slot == null || checks == null) {
            return;
        }
        window = null;
        fresh = 0;
        unsettled++;
        List<Stretch> stretches = new ArrayList<>();
        for (Channel channel : channels.values()) {
            boolean grew = channel.end() > channel.checked();
            if (grew || channel.released() < channel.end()) {
                stretches.add(channel.stretch(cut.overlap, last || !grew));
            }
        }
        CompletionStage<List<Finding>> check = checks.inspect(
                exchange,
                Direction.RESPONSE,
                stretches.stream().map(Stretch::text).toList());
        CompletionStage<Events> result = settled.handle((done, failure) -> null)
                .thenCombine(check, (before, findings) -> settle(stretches, findings, last))
                .exceptionally(failure -> broken(Inspector.cause(failure)));
        settled = result;
        var unused = result.whenComplete((events, failure) -> {
            unsettled--;
            if (failure != null) {
                slot.completeExceptionally(failure);
            } else {
                slot.complete(events);
            }
        });
    }

    private Events broken(Throwable cause) {
        if (over) {
            return Events.none();
        }
        over = true;
        held.clear();
        if (cause instanceof Inspector.Unavailable) {
            return ending.unavailable();
        }
        throw new IllegalStateException("the check of a window failed", cause);
    }

    private Events settle(List<Stretch> stretches, List<Finding> findings, boolean last) {
        if (over) {
            return Events.none();
        }
        List<Finding> told = new ArrayList<>();
        Map<Channel, Integer> safe = new HashMap<>();
        Span worst = null;
        for (int i = 0; i < stretches.size(); i++) {
            Stretch stretch = stretches.get(i);
            Channel channel = stretch.channel();
            int limit = stretch.last() ? stretch.to() : channel.before(stretch.to(), cut.overlap);
            channel.undecide(Math.max(stretch.from(), channel.released()));
            for (Finding finding : findings) {
                if (finding.text() != i || isCutAtStart(finding, stretch)) {
                    continue;
                }
                int from = finding.hasPlace() ? stretch.from() + finding.from() : channel.released();
                int to = finding.hasPlace() ? stretch.from() + finding.to() : stretch.to();
                if (finding.hasPlace() && to == stretch.to() && !stretch.last()) {
                    // It may go on, or turn out to be something else: the next window tells.
                    limit = Math.min(limit, from);
                    continue;
                }
                if (finding.action() == Action.BLOCK) {
                    worst = earlier(worst, new Span(channel, Math.max(from, channel.released()), to));
                }
                if (finding.action() == Action.BLOCK || (to <= limit && channel.tells(to))) {
                    told.add(finding);
                }
            }
            safe.put(channel, limit);
        }
        mask(stretches, findings);
        if (!told.isEmpty()) {
            found.accept(told);
        }
        if (worst != null) {
            over = true;
            List<Event> before = until(worst);
            held.clear();
            return ending.refuse(
                    before,
                    told.stream().filter(one -> one.action() == Action.BLOCK).toList());
        }
        List<Event> out = last ? flush() : upTo(safe);
        return toEvents(out);
    }

    /** A finding that only the cut has made: what stands before it was seen with it, and not found. */
    private static boolean isCutAtStart(Finding finding, Stretch stretch) {
        return finding.hasPlace() && finding.from() == 0 && stretch.from() > 0;
    }

    private void mask(List<Stretch> stretches, List<Finding> findings) {
        List<List<Finding>> masks = Masks.apart(findings, stretches.size());
        for (int i = 0; i < stretches.size(); i++) {
            Stretch stretch = stretches.get(i);
            Channel channel = stretch.channel();
            restoreFrom(channel, Math.max(channel.released(), stretch.from()));
            for (Finding mask : masks.get(i)) {
                if (!isCutAtStart(mask, stretch) && stretch.from() + mask.to() > channel.released()) {
                    channel.swap(
                            Math.max(stretch.from() + mask.from(), channel.released()),
                            stretch.from() + mask.to(),
                            Masks.mask(mask, stretch.text(), vault));
                }
            }
        }
    }

    private void restoreFrom(Channel channel, int from) {
        if (!vault.isEmpty()) {
            for (Vault.Swap swap : vault.restores(channel.from(from), 0, channel.isJson())) {
                channel.swap(from + swap.from(), from + swap.to(), swap.with());
            }
        }
    }

    /** Where nothing is checked: all but what may be a mask's beginning. */
    private List<Event> release(boolean last) {
        Map<Channel, Integer> safe = new HashMap<>();
        for (Channel channel : channels.values()) {
            channel.undecide(channel.released());
            restoreFrom(channel, channel.released());
            channel.stretch(0, last);
            safe.put(channel, channel.end());
        }
        return last ? flush() : upTo(safe);
    }

    private Events toEvents(List<Event> out) {
        return out.isEmpty() ? Events.held() : Events.of(out);
    }

    private List<Event> upTo(Map<Channel, Integer> safe) {
        Map<Channel, Integer> limits = new HashMap<>();
        for (Channel channel : channels.values()) {
            int limit = safe.getOrDefault(channel, channel.released());
            String rest = channel.from(channel.released());
            int partial = vault.isEmpty() ? rest.length() : vault.partial(rest);
            limits.put(channel, channel.uncut(Math.min(limit, channel.released() + partial)));
        }
        List<Event> out = new ArrayList<>();
        for (Held next = held.peek(); next != null && isWithin(next, limits); next = held.peek()) {
            held.remove();
            out.addAll(written(next));
        }
        return out;
    }

    private static boolean isWithin(Held event, Map<Channel, Integer> limits) {
        return event.spans.stream().allMatch(span -> span.to <= limits.getOrDefault(span.channel, 0));
    }

    private List<Event> flush() {
        List<Event> out = new ArrayList<>();
        for (Held next = held.poll(); next != null; next = held.poll()) {
            out.addAll(written(next));
        }
        return out;
    }

    /** All before the violation: whole events, and of the one in which it begins what stands before it. */
    private List<Event> until(Span worst) {
        List<Event> out = new ArrayList<>();
        for (Held next = held.poll(); next != null; next = held.poll()) {
            for (Span span : next.spans) {
                if (span.channel == worst.channel && worst.from < span.to) {
                    if (worst.from > span.from) {
                        out.addAll(written(new Held(next.event, next.spans), worst));
                    }
                    return out;
                }
            }
            out.addAll(written(next));
        }
        return out;
    }

    /** The violation that comes first in the stream. */
    private Span earlier(@Nullable Span one, Span other) {
        if (one == null) {
            return other;
        }
        for (Held next : held) {
            for (Span span : next.spans) {
                boolean isOne = span.channel == one.channel && one.from < span.to;
                boolean isOther = span.channel == other.channel && other.from < span.to;
                if (isOne || isOther) {
                    return isOne && isOther ? (one.from <= other.from ? one : other) : isOne ? one : other;
                }
            }
        }
        return one;
    }

    private List<Event> written(Held next) {
        return written(next, null);
    }

    private List<Event> written(Held next, @Nullable Span worst) {
        List<String> texts = new ArrayList<>(next.spans.size());
        boolean same = true;
        for (Span span : next.spans) {
            int to =
                    worst == null ? span.to : span.channel == worst.channel ? Math.min(span.to, worst.from) : span.from;
            String now = span.channel.rewritten(span.from, Math.max(span.from, to));
            same &= to == span.to && now.equals(span.channel.slice(span.from, span.to));
            texts.add(now);
            span.channel.release(span.to, cut.overlap);
        }
        Event event = same ? next.event : next.event.edit(root -> put(root, texts));
        ending.passes(event);
        return List.of(event);
    }

    private void put(ObjectNode root, List<String> texts) {
        List<Place> places = reach.event(root);
        for (int i = 0; i < texts.size(); i++) {
            places.get(i).set().accept(texts.get(i));
        }
    }
}
