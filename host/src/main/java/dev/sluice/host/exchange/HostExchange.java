package dev.sluice.host.exchange;

import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Key;
import dev.sluice.api.Operation;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.api.llm.Chats;
import dev.sluice.host.config.Config.Limits;
import dev.sluice.host.route.Chain;
import dev.sluice.host.route.HookMasks;
import dev.sluice.host.route.HookPlan;
import dev.sluice.host.route.HostProvider;
import dev.sluice.host.route.RecognizedPath;
import dev.sluice.host.route.Route;
import dev.sluice.host.route.Snapshot;
import dev.sluice.host.upstream.Destination;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.net.NetSocket;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and its answer, from the matched route to the last {@code onComplete}: makes the filters, runs the request
 * hooks, hands over to the tries, and brings the answer to the client. One flat run of callbacks on one event loop.
 */
final class HostExchange implements Ascent.Exit {
    private static final Logger LOG = LoggerFactory.getLogger(HostExchange.class);

    /**
     * What an exchange is about.
     *
     * @param route null: none matched, the exchange only carries an error to the client
     * @param chain the route's, or the part of it that an {@code ask} runs through
     * @param internal whether a filter asked, not a client
     * @param keys put on each attempt
     */
    record Subject(
            String id,
            Snapshot snapshot,
            @Nullable Route route,
            Chain chain,
            HostRequestHead head,
            RecognizedPath path,
            boolean internal,
            Map<Key<?>, ?> keys) {}

    private final Services services;
    private final Loop loop;
    private final Subject subject;
    private final Downstream downstream;
    private final @Nullable RequestSource source;
    private final ExchangeRecord record = new ExchangeRecord();
    private final Cancellations cancellations = new Cancellations();
    private final EffectiveTimeouts timeouts;
    private final DeadlineWheel.Deadline total;
    private final ExchangeFilters filters;
    private byte @Nullable [] arrived;
    private @Nullable HostBody body;
    private Json.Facts facts = Json.Facts.NONE;
    private @Nullable Target target;
    private @Nullable Map<Key<?>, Object> values;
    private int mutations;
    private @Nullable HostResponseHead head;
    private @Nullable Ascent ascent;
    private @Nullable Tries tries;
    private boolean switched;
    private boolean over;

    /** Its neighbours in its loop's list, which the loop alone changes. */
    @Nullable
    HostExchange previous;

    @Nullable
    HostExchange next;

    HostExchange(Services services, Loop loop, Subject subject, Downstream downstream, @Nullable RequestSource source) {
        this.services = services;
        this.loop = loop;
        this.subject = subject;
        this.downstream = downstream;
        this.source = source;
        this.filters = new ExchangeFilters(this, subject.chain());
        this.timeouts = subject.route() == null
                ? EffectiveTimeouts.of(dev.sluice.host.config.Config.Timeouts.NONE)
                : EffectiveTimeouts.of(subject.route().config().timeouts());
        this.total = loop.deadlines().newDeadline(() -> fail(504, "upstream_timeout", "the request took too long"));
        services.telemetry().begun();
        loop.begun(this);
    }

    // The request's way down.

    /**
     * Starts it.
     *
     * @param whole the request's body, where it had to be read to find the route; else null
     */
    void start(byte @Nullable [] whole, Json.Facts known) {
        total.set(System.nanoTime() + timeouts.total().toNanos());
        facts = known;
        arrived = whole;
        if (filters.make()) {
            requestHooks(0);
        }
    }

    private void requestHooks(int from) {
        for (int i = from; i < filters.size(); i++) {
            if (over) {
                return;
            }
            if (!filters.has(i, HookMasks.REQUEST)) {
                continue;
            }
            int next = i + 1;
            Step step = filters.onRequest(i, subject.head());
            if (step == null || !proceed(i, "onRequest", step, () -> requestHooks(next))) {
                return;
            }
        }
        if (!over) {
            readBody();
        }
    }

    private void readBody() {
        byte[] whole = arrived;
        if (whole != null) {
            arrived = null;
            takeBody(whole);
            return;
        }
        if (source == null || !wantsBody()) {
            bodyHooks(0);
            return;
        }
        long limit = services.limits().body();
        source.readWhole(
                limit,
                bytes -> {
                    if (!over) {
                        takeBody(bytes);
                    }
                },
                () -> fail(413, "bad_request", "the request's body is larger than " + limit + " bytes"));
    }

    private boolean wantsBody() {
        int looking = HookMasks.REQUEST_BODY | HookMasks.ATTEMPT | HookMasks.FAILURE;
        return plan().any(looking)
                && (isJsonRequest()
                        || wantsMedia(looking, subject.head().headers().get("content-type")));
    }

    /** Whether a filter with one of these hooks wants a body of this type; one made without them lets it stream by. */
    private boolean wantsMedia(int hooks, @Nullable String contentType) {
        for (int i = 0; i < filters.size(); i++) {
            if (filters.has(i, hooks) && subject.chain().wantsMedia(i, contentType)) {
                return true;
            }
        }
        return false;
    }

    /** Requests of these kinds are JSON whatever their content type says: no filter can be passed by with another. */
    private boolean isJsonRequest() {
        String contentType = subject.head().headers().get("content-type");
        if (HostBody.isJson(contentType)) {
            return true;
        }
        return subject.head().method().equals("POST") && subject.path().isJson();
    }

    private void takeBody(byte[] bytes) {
        if (!services.memory().take(bytes.length)) {
            fail(503, "overloaded", "the gateway holds too many large requests at the moment");
            return;
        }
        cancellations.add(() -> services.memory().give(bytes.length));
        boolean json = isJsonRequest()
                && !(bytes.length == 0 && !subject.head().method().equals("POST"));
        HostBody read = HostBody.of(services.json(), bytes, json);
        body = read;
        if (json && facts.equals(Json.Facts.NONE)) {
            try {
                facts = read.facts();
            } catch (Json.Invalid e) {
                if (subject.path().dialect() != Dialect.NONE) {
                    fail(400, "bad_request", e.reason());
                    return;
                }
            }
        }
        parseBig(read, plan().any(HookMasks.REQUEST_BODY), () -> bodyHooks(0));
    }

    private void bodyHooks(int from) {
        HostBody whole = body;
        for (int i = from; i < filters.size() && whole != null; i++) {
            if (over) {
                return;
            }
            if (!filters.has(i, HookMasks.REQUEST_BODY) || !(whole.saysJson() || wantsMedia(i))) {
                continue;
            }
            int next = i + 1;
            Step step = filters.onRequestBody(i, whole);
            if (step == null || !proceed(i, "onRequestBody", step, () -> bodyHooks(next))) {
                return;
            }
        }
        if (!over) {
            Target plain = subject.route() != null && subject.route().config().upstream() != null && target == null
                    ? Target.of(subject.route().name())
                    : target;
            target = plain;
            Tries all = new Tries(this);
            tries = all;
            all.start();
        }
    }

    /** Whether to go on in the caller's loop; else it goes on by itself, or the exchange has turned round. */
    private boolean proceed(int i, String hook, Step step, Runnable next) {
        if (step instanceof Step.When when) {
            await(
                    when.stage(),
                    result -> {
                        if (proceed(i, hook, result, next)) {
                            next.run();
                        }
                    },
                    error -> {
                        if (hookFailed(i, hook, error)) {
                            next.run();
                        }
                    });
            return false;
        }
        if (step instanceof Reply reply) {
            answerFrom(i, reply);
            return false;
        }
        return true;
    }

    /** Counts what filters have changed so far. */
    int changes() {
        HostBody whole = body;
        return mutations + subject.head().fields().changes() + (whole == null ? 0 : whole.changes());
    }

    @Override
    public boolean hookFailed(int i, String hook, Throwable cause) {
        return filters.failed(i, hook, cause);
    }

    void logUpstreamTrouble(HostAttempt attempt, Throwable cause) {
        LOG.info(
                "request {} on route {}: try {} of {} failed: {}",
                id(),
                route(),
                attempt.number(),
                attempt.target(),
                String.valueOf(cause));
    }

    @Override
    public void touched(int filter) {
        filters.touch(filter);
    }

    // The answer's way up.

    Ascent ascent() {
        Ascent a = ascent;
        if (a == null) {
            a = new Ascent(filters.ascending(), loop, bounds(), this);
            ascent = a;
        }
        return a;
    }

    /** An answer made by that filter; the filters before it see it. */
    void answerFrom(int filter, Reply reply) {
        if (!over) {
            discardRequest();
            ascent().enter(filter, render(reply, filter));
        }
    }

    /** An answer from below all filters. */
    void answer(Answer answer) {
        ascent().enter(filters.size(), answer);
    }

    @Override
    public void head(HostResponseHead answer) {
        head = answer;
        record.head(answer);
        downstream.head(answer);
    }

    @Override
    public void event(Event event) {
        downstream.event(event);
    }

    @Override
    public void bytes(Buffer bytes) {
        downstream.bytes(bytes);
    }

    @Override
    public void body(HostBody answer) {
        downstream.body(answer);
        complete(true, false);
    }

    @Override
    public void end(boolean stream) {
        downstream.end(stream);
        complete(true, false);
    }

    @Override
    public void upgraded(NetSocket upstream) {
        if (source == null || head == null) {
            breakOff(Reply.error(502, "unsupported", "only a client's own connection can switch protocols"));
            return;
        }
        switched = true;
        // Such a connection lives as long as its ends want; the deadlines of answers do not apply.
        total.clear();
        source.upgrade(head, upstream, () -> complete(true, false), () -> complete(false, true));
    }

    @Override
    public void cut() {
        breakOff(Reply.error(502, "upstream_broken", "the answer was cut"));
    }

    @Override
    public void broken(Reply reply, String filter) {
        breakOff(reply);
    }

    /** The client already has a part of the answer, and the rest will never come. */
    void breakOff(Reply error) {
        fail(
                error.kind() == Reply.Kind.ERROR
                        ? error
                        : Reply.error(
                                Math.max(400, error.status()), "upstream_broken", "the provider reported an error"));
    }

    @Override
    public void sourceDone() {
        if (tries != null) {
            tries.cancel();
        }
    }

    @Override
    public void held() {
        // Only a try has deadlines that this stops.
    }

    @Override
    public void ready() {
        Try current = tries == null ? null : tries.current();
        if (current != null && !over) {
            current.ready();
        }
    }

    @Override
    public boolean full() {
        return downstream.full();
    }

    @Override
    public Answer render(Reply reply, int filter) {
        return render(reply, subject.chain().entry(filter).name());
    }

    /** An answer that comes from there. */
    Answer render(Reply reply, String source) {
        return Rendering.answer(this, services.json(), reply, source, wantsStream());
    }

    // The end.

    /** Fails the exchange with an error of the gateway's own, past all filters. */
    void fail(int status, String code, String message) {
        fail(Reply.error(status, code, message));
    }

    private void fail(Reply reply) {
        if (over) {
            return;
        }
        if (downstream.headWritten()) {
            downstream.abort(Chats.errorEvent(dialect(), reply));
        } else {
            discardRequest();
            Answer error = render(reply, "sluice");
            record.head(error.head());
            downstream.head(error.head());
            downstream.body(Objects.requireNonNull(error.body()));
        }
        complete(false, false);
    }

    /** Its snapshot was replaced so long ago that it is not waited for any longer. */
    void expire() {
        fail(503, "overloaded", "the gateway was reconfigured, and its limit for waiting (drain.swap) has passed");
    }

    /** The client has left. */
    void clientGone() {
        complete(false, true);
    }

    private void complete(boolean whole, boolean cancelled) {
        if (over) {
            return;
        }
        over = true;
        total.clear();
        loop.ended(this);
        if (tries != null) {
            tries.cancel();
        }
        if (ascent != null) {
            ascent.kill();
        }
        cancellations.run();
        ExchangeOutcome outcome = record.outcome(switched ? 101 : downstream.status(), whole, cancelled, tries);
        filters.complete(outcome);
        services.telemetry().ended(route(), subject.internal(), outcome.status(), outcome.nanos());
        if (services.accessLog().isOn() && !subject.internal()) {
            services.accessLog().write(record.line(subject, outcome, downstream.bytesSent()));
        }
        subject.snapshot().unpin();
    }

    private void discardRequest() {
        if (source != null && !source.taken()) {
            source.discard();
        }
    }

    // What the parts of an exchange ask of it.

    boolean isOver() {
        return over;
    }

    Loop loop() {
        return loop;
    }

    Chain chain() {
        return subject.chain();
    }

    ExchangeFilters filters() {
        return filters;
    }

    HookPlan plan() {
        return filters.plan();
    }

    String[] names() {
        return subject.chain().names();
    }

    HostRequestHead head() {
        return subject.head();
    }

    @Nullable
    HostBody body() {
        return body;
    }

    Json json() {
        return services.json();
    }

    Limits limits() {
        return services.limits();
    }

    Ascent.Bounds bounds() {
        return new Ascent.Bounds(
                Math.max(1, timeouts.hook().toMillis()), services.limits().buffer());
    }

    boolean wantsStream() {
        HostBody whole = body;
        if (whole != null && whole.changes() > 0 && whole.isJson()) {
            return whole.json().path("stream").asBoolean(false)
                    || subject.path().streams();
        }
        return facts.stream() || subject.path().streams();
    }

    int maxTries() {
        return subject.route() == null ? 1 : subject.route().config().maxTries();
    }

    /** Whether the request's body could be sent once more. */
    boolean bodyIsThere() {
        return body != null || source == null || source.isEmpty();
    }

    @Nullable
    HostProvider provider(String name) {
        return subject.snapshot().provider(name);
    }

    @Nullable
    URI upstream() {
        return subject.route() == null ? null : subject.route().config().upstream();
    }

    EffectiveTimeouts timeouts(String provider) {
        HostProvider settings = provider(provider);
        return settings == null ? timeouts : timeouts.within(settings.settings().timeouts());
    }

    Destination destination(String provider, URI uri) {
        HostProvider settings = provider(provider);
        return settings == null
                ? Destination.of(uri)
                : new Destination(
                        uri, settings.settings().tls(), settings.settings().http2());
    }

    /** The model the client asks for, as the filters have left it; null if the request states none. */
    @Nullable
    String model() {
        if (subject.path().model() != null) {
            return subject.path().model();
        }
        HostBody whole = body;
        if (whole != null && (whole.hasTree() || (whole.changes() > 0 && whole.isJson()))) {
            String inTree = whole.json().path("model").asText("");
            return inTree.isEmpty() ? null : inTree;
        }
        String contentType = subject.head().headers().get("content-type");
        if (whole != null && whole.changes() > 0 && contentType != null && Forms.isForm(contentType)) {
            try {
                return Forms.field("model", contentType, whole.bytes());
            } catch (Json.Invalid unreadable) {
                return null;
            }
        }
        return facts.model();
    }

    void giveKeys(HostAttempt attempt) {
        attempt.putAll(subject.keys());
    }

    /** Shapes the head of a request to an upstream, after the last filter. */
    void prepare(HostHeaders fields, HttpClientRequest call, boolean answersAreLookedAt) {
        boolean plain = upstream() != null;
        if (isUpgrade()) {
            // Dropped with the hop-by-hop fields; this connection switches as a whole.
            fields.fields()
                    .set("connection", "Upgrade")
                    .set("upgrade", subject.head().headers().get("upgrade"));
        }
        if (plain) {
            Forwarding.add(subject.head(), fields);
        }
        String host = fields.get("host");
        fields.fields().remove("host");
        if (plain
                && host != null
                && subject.route() != null
                && subject.route().config().preserveHost()) {
            call.authority(io.vertx.core.net.HostAndPort.parseAuthority(host, -1));
        }
        fields.fields().remove("expect");
        if (answersAreLookedAt) {
            fields.fields().remove("accept-encoding");
        }
        if (body != null) {
            fields.fields().remove("content-length");
        }
    }

    void pumpRequestBody(HttpClientRequest call) {
        if (source == null || source.taken()) {
            var unused = call.end();
        } else if (source.isEmpty()) {
            source.discard();
            var unused = call.end();
        } else {
            source.pumpTo(call);
        }
    }

    boolean isUpgrade() {
        return source != null && source.isUpgrade();
    }

    boolean hasNoAnswerBody(int status) {
        return status == 204 || status == 304 || subject.head().method().equals("HEAD");
    }

    boolean wantsMedia(@Nullable String contentType) {
        return subject.chain().wantsMedia(contentType);
    }

    private boolean wantsMedia(int filter) {
        boolean[] any = subject.chain().wantsAnyBody();
        return any[filter];
    }

    /** The stable code of an error answer, where it states one. */
    String errorCode(HostResponseHead head, HostBody error) {
        String told = head.headers().get("x-sluice-error");
        if (told != null) {
            return told;
        }
        if (error.isJson()) {
            var inner = error.json().path("error");
            String code = inner.path("code").asText("");
            if (!code.isEmpty() && !Character.isDigit(code.charAt(0))) {
                return code;
            }
        }
        return "upstream_error";
    }

    /** Parses a big body off the loop before hooks that will want its tree, then goes on. */
    void parseBig(HostBody whole, boolean wanted, Runnable then) {
        if (!wanted || !whole.saysJson() || whole.hasTree() || whole.size() < BigBodies.THRESHOLD) {
            then.run();
            return;
        }
        BigBodies.parse(services, loop, whole, () -> {
            if (!over) {
                then.run();
            }
        });
    }

    /** Calls back on the loop with what the stage gives; not at all once the exchange is over. */
    <T> void await(CompletionStage<? extends T> stage, Consumer<T> then, Consumer<Throwable> failed) {
        StageWait.on(loop, cancellations, timeouts.hook(), stage, then, failed);
    }

    void later(Duration delay, Runnable task) {
        Runnable[] cancel = new Runnable[1];
        long timer = loop.setTimer(delay.toMillis(), () -> {
            cancellations.remove(cancel[0]);
            task.run();
        });
        cancel[0] = () -> loop.cancelTimer(timer);
        cancellations.add(cancel[0]);
    }

    // What filters see, each through its own view.

    String id() {
        return subject.id();
    }

    String route() {
        return subject.route() == null ? "" : subject.route().name();
    }

    Dialect dialect() {
        return subject.path().dialect();
    }

    Operation operation() {
        return subject.path().operation();
    }

    @Nullable
    Target target() {
        return target;
    }

    void target(Target wanted) {
        mutations++;
        target = Objects.requireNonNull(wanted, "target");
    }

    <T> @Nullable T get(Key<T> key) {
        return values == null ? null : key.type().cast(values.get(key));
    }

    <T> void put(Key<T> key, T value) {
        mutations++;
        Map<Key<?>, Object> map = values;
        if (map == null) {
            map = new HashMap<>();
            values = map;
        }
        map.put(key, key.type().cast(value));
    }

    void note(String field, Object value) {
        record.note(field, value);
    }

    void log(String field, Object value) {
        record.log(field, value);
    }

    Services services() {
        return services;
    }

    Subject subject() {
        return subject;
    }

    Cancellations cancellations() {
        return cancellations;
    }
}
