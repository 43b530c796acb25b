package dev.sluice.host.exchange;

import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Failure.Reason;
import dev.sluice.api.Operation;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.host.framing.Framing;
import dev.sluice.host.route.HookMasks;
import dev.sluice.host.upstream.Destination;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.net.NetSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One try: its filters, its copy of the request, the call, and the answer's way up through its filters until it is
 * accepted, ended or failed. On the exchange's event loop.
 */
final class Try implements Ascent.Exit {

    private static final int SWITCHING_PROTOCOLS = 101;

    /** A model that has said how it finished has this long for its usage and terminator. */
    private static final Duration AFTER_FINISH = Duration.ofSeconds(2);

    private final HostExchange exchange;
    private final Tries tries;
    private final HostAttempt attempt;
    private final TryDeadlines deadlines;
    private final AttemptFilter[] filters;
    private final int[] masks;
    private final HostUpstreamRequest request;
    private final List<Event> heldBack = new ArrayList<>(0);
    private int heldBackBytes;
    private Ascent ascent;
    private int answerMask;
    private @Nullable HttpClientRequest call;
    private @Nullable AnswerReader reader;
    private @Nullable HostResponseHead head;
    private @Nullable String answerType;
    private boolean accepted;
    private @Nullable HostResponseHead sent;
    private boolean over;
    private boolean released;

    Try(HostExchange exchange, Tries tries, HostAttempt attempt, @Nullable URI endpoint) {
        this.exchange = exchange;
        this.tries = tries;
        this.attempt = attempt;
        this.deadlines = attempt.deadlines();
        int n = exchange.chain().size();
        this.filters = new AttemptFilter[n];
        Arrays.fill(filters, AttemptFilter.PASS);
        this.masks = new int[n];
        this.request = new HostUpstreamRequest(attempt, exchange.head(), exchange.body(), endpoint);
        this.ascent = newAscent();
    }

    private Ascent newAscent() {
        return new Ascent(
                new Ascent.Filters(filters, exchange.names(), masks, null, null),
                exchange.loop(),
                exchange.bounds(),
                this);
    }

    HostAttempt attempt() {
        return attempt;
    }

    /** Asks the filters what they do to this try, and sends it. */
    void begin() {
        int union = 0;
        for (int i = 0; i < filters.length; i++) {
            AttemptFilter filter = exchange.filters().onAttempt(i, attempt);
            if (filter == null) {
                return;
            }
            filters[i] = filter;
            masks[i] = filter == AttemptFilter.PASS ? 0 : HookMasks.of(filter.getClass());
            union |= masks[i];
        }
        answerMask = union;
        if (union != 0) {
            ascent = newAscent();
        }
        send(0);
    }

    private void send(int from) {
        for (int i = from; i < filters.length && !over; i++) {
            if ((masks[i] & HookMasks.SEND) == 0) {
                continue;
            }
            Step step = callOnSend(i);
            if (step == null || !proceed(i, step)) {
                return;
            }
        }
        if (!over) {
            dispatch();
        }
    }

    private @Nullable Step callOnSend(int i) {
        exchange.loop().seat().enter(exchange.names()[i], "onSend");
        try {
            return Objects.requireNonNull(filters[i].onSend(request), "onSend returned null");
        } catch (Throwable t) {
            hookFailed(i, "onSend", t);
            return null;
        } finally {
            exchange.loop().seat().exit();
        }
    }

    /** Whether the next filter is to be asked now. */
    private boolean proceed(int i, Step step) {
        if (step instanceof Step.When when) {
            exchange.await(
                    when.stage(),
                    result -> {
                        if (!over && proceed(i, result)) {
                            send(i + 1);
                        }
                    },
                    error -> {
                        if (!over) {
                            hookFailed(i, "onSend", error);
                        }
                    });
            return false;
        }
        if (step instanceof Reply reply) {
            startDeadlines();
            ascent.enter(i, render(reply, i));
            return false;
        }
        return true;
    }

    private void startDeadlines() {
        deadlines.start(exchange.wantsStream(), this::expired);
    }

    private void dispatch() {
        startDeadlines();
        URI uri = request.uri();
        if (uri == null) {
            fail(Reason.NO_ENDPOINT, "the provider '" + attempt.target().provider() + "' has no endpoint");
            return;
        }
        Destination to = exchange.destination(attempt.target().provider(), uri);
        String requestUri = to.requestUri(request.path(), request.query());
        long connectMillis = exchange.timeouts(attempt.target().provider()).connectMillis();
        try {
            exchange.loop()
                    .pool()
                    .open(to, request.method(), requestUri, connectMillis)
                    .onComplete(this::opened, this::notOpened);
        } catch (RuntimeException e) {
            fail(Reason.CONNECT, "the provider's address cannot be used");
        }
    }

    private void notOpened(Throwable cause) {
        boolean slow = cause instanceof ConnectTimeoutException
                || cause instanceof TimeoutException
                || String.valueOf(cause.getMessage()).contains("timeout");
        exchange.logUpstreamTrouble(attempt, cause);
        if (slow) {
            fail(Reason.CONNECT_TIMEOUT, "the provider did not accept a connection in time");
        } else {
            fail(Reason.CONNECT, "the provider cannot be reached");
        }
    }

    private void opened(HttpClientRequest open) {
        if (over) {
            var unused = open.reset();
            return;
        }
        call = open;
        exchange.prepare(request.writeTo(open.headers()), open, looksAtAnswers());
        // The answer's own handlers tell what went wrong; without one here it would be logged once more.
        open.exceptionHandler(broken -> {});
        open.response().onComplete(this::answered, cause -> {
            if (!over) {
                exchange.logUpstreamTrouble(attempt, cause);
                fail(Reason.BROKEN, "the provider closed the connection without an answer");
            }
        });
        HostBody body = request.hostBody();
        if (exchange.isUpgrade()) {
            var unused = open.connect();
        } else if (body != null) {
            var unused = open.end(body.buffer());
        } else {
            exchange.pumpRequestBody(open);
        }
    }

    private boolean looksAtAnswers() {
        return (answerMask & (HookMasks.EVENT | HookMasks.END | HookMasks.RESPONSE_BODY)) != 0
                || exchange.plan().any(HookMasks.EVENT | HookMasks.END | HookMasks.RESPONSE_BODY | HookMasks.FAILURE);
    }

    private void answered(HttpClientResponse response) {
        if (over) {
            return;
        }
        deadlines.activity();
        if (response.statusCode() == SWITCHING_PROTOCOLS) {
            switched(response);
            return;
        }
        HostHeaders fields = HostHeaders.ofAnswer(response.headers());
        String contentType = fields.get("content-type");
        answerType = contentType;
        int status = response.statusCode();
        Framing framing = status < 400 ? Framing.of(contentType) : null;
        if (framing != null) {
            deadlines.isStream();
        }
        AnswerReader.Mode mode = mode(status, contentType, framing);
        Inflation inflation = null;
        if (mode != AnswerReader.Mode.RAW) {
            inflation = Inflation.of(fields.get("content-encoding"));
            if (inflation != null) {
                fields.remove("content-encoding");
            }
            fields.remove("content-length");
        }
        reader = new AnswerReader(
                exchange.loop(),
                response,
                this,
                ascent,
                deadlines,
                mode,
                mode == AnswerReader.Mode.EVENTS && framing != null
                        ? framing.decoder(exchange.limits().buffer(), exchange.dialect() != Dialect.NONE)
                        : null,
                inflation,
                mode == AnswerReader.Mode.BODY && wantsWholeBody()
                        ? exchange.limits().body()
                        : exchange.limits().buffer());
        HostResponseHead answer = new HostResponseHead(status, fields, framing != null, HostResponseHead.UPSTREAM);
        sent = answer;
        ascent.head(answer);
        if (!released) {
            reader.start();
        }
    }

    private void switched(HttpClientResponse response) {
        NetSocket socket = response.netSocket();
        socket.pause();
        String protocol = response.headers().get("upgrade");
        HostHeaders fields = HostHeaders.ofAnswer(response.headers());
        if (protocol != null) {
            fields.set("upgrade", protocol);
            fields.set("connection", "Upgrade");
        }
        ascent.head(new HostResponseHead(SWITCHING_PROTOCOLS, fields, false, HostResponseHead.UPSTREAM));
        ascent.upgraded(socket);
    }

    private AnswerReader.Mode mode(int status, @Nullable String contentType, @Nullable Framing framing) {
        if (exchange.hasNoAnswerBody(status)) {
            return AnswerReader.Mode.RAW;
        }
        boolean recovers = exchange.plan().any(HookMasks.FAILURE);
        if (framing != null) {
            return looksAtAnswers() ? AnswerReader.Mode.EVENTS : AnswerReader.Mode.RAW;
        }
        if (status >= 400 && (recovers || (answerMask & HookMasks.RESPONSE_BODY) != 0)) {
            return AnswerReader.Mode.BODY;
        }
        if (!HostBody.isJson(contentType) && !exchange.wantsMedia(contentType)) {
            return AnswerReader.Mode.RAW;
        }
        if (wantsWholeBody()) {
            return AnswerReader.Mode.BODY;
        }
        return recovers ? AnswerReader.Mode.BODY_IF_SMALL : AnswerReader.Mode.RAW;
    }

    private boolean wantsWholeBody() {
        return (answerMask & HookMasks.RESPONSE_BODY) != 0 || exchange.plan().any(HookMasks.RESPONSE_BODY);
    }

    /** Ends it without an outcome of its own: the client has left, or a filter has ended the answer. */
    void cancel() {
        if (!over) {
            over = true;
            release();
        }
    }

    private void release() {
        released = true;
        attempt.ended();
        deadlines.stop();
        ascent.kill();
        AnswerReader r = reader;
        HttpClientRequest c = call;
        if (r != null && r.isDrained()) {
            r.stop();
        } else if (c != null) {
            if (r != null) {
                r.stop();
            }
            var unused = c.reset();
        }
    }

    /** The answer is whole; the connection goes back to the pool. */
    private void finish() {
        over = true;
        attempt.ended();
        deadlines.stop();
        ascent.kill();
        AnswerReader r = reader;
        HttpClientRequest c = call;
        if (r != null && c != null) {
            r.drain(() -> {
                var unused = c.reset();
            });
        }
    }

    private void expired(@Nullable Reason reason) {
        if (over) {
            return;
        }
        if (reason == null) {
            AnswerReader r = reader;
            if (r != null) {
                r.stop();
            }
            ascent.end();
            return;
        }
        fail(
                reason,
                "the provider did not "
                        + switch (reason) {
                            case FIRST_EVENT_TIMEOUT -> "begin its answer in time";
                            case IDLE_TIMEOUT -> "go on with its answer in time";
                            default -> "answer in time";
                        });
    }

    /** Fails the try without an answer of the provider. */
    void fail(Reason reason, String message) {
        fail(HostFailure.of(attempt, reason, message, tries.accepted(), tries.canRetry()));
    }

    private void fail(HostFailure failure) {
        if (over) {
            return;
        }
        over = true;
        attempt.failed(failure);
        release();
        tries.failed(failure);
    }

    /** The upstream's whole body, for the filters that want it. */
    void bodyRead(byte[] bytes) {
        HostBody body = HostBody.of(exchange.json(), bytes, HostBody.isJson(answerType));
        exchange.parseBig(body, wantsWholeBody(), () -> {
            if (!over) {
                ascent.body(body);
            }
        });
    }

    // What leaves the try's filters.

    @Override
    public void head(HostResponseHead head) {
        this.head = head;
    }

    @Override
    public void event(Event event) {
        if (accepted) {
            pass(event);
            return;
        }
        heldBack.add(event);
        heldBackBytes += event.size();
        if (heldBackBytes > exchange.limits().buffer() || hasContent(event)) {
            accept();
        }
    }

    private boolean hasContent(Event event) {
        return exchange.operation() != Operation.CHAT
                || !seesDeltas()
                || ChatDelta.of(exchange.dialect(), event).hasContent();
    }

    private boolean seesDeltas() {
        return exchange.dialect() == Dialect.OPENAI || exchange.dialect() == Dialect.ANTHROPIC;
    }

    private void pass(Event event) {
        if (tries.keepsSaid()) {
            ChatDelta delta = ChatDelta.of(exchange.dialect(), event);
            tries.said().record(delta);
            if (delta.finishReason() != null) {
                deadlines.finishing(AFTER_FINISH);
            }
        }
        exchange.ascent().event(event);
    }

    @Override
    public void bytes(Buffer bytes) {
        if (!accepted) {
            accept();
        }
        exchange.ascent().bytes(bytes);
    }

    @Override
    public void body(HostBody body) {
        HostResponseHead h = Objects.requireNonNull(head);
        if (h.status() >= 400) {
            String code = exchange.errorCode(h, body);
            fail(HostFailure.of(attempt, sent, h, body, code, tries.accepted(), tries.canRetry()));
        } else if (attempt.isResume()) {
            fail(Reason.BAD_ANSWER, "the provider answered with a whole body where a stream was to be continued");
        } else {
            accept();
            finish();
            exchange.ascent().body(body);
        }
    }

    @Override
    public void end(boolean stream) {
        if (!accepted) {
            accept();
        }
        finish();
        tries.ended();
        if (stream) {
            exchange.ascent().end();
        } else {
            exchange.ascent().rawEnd();
        }
    }

    @Override
    public void upgraded(NetSocket upstream) {
        accept();
        deadlines.stop();
        exchange.ascent().upgraded(upstream);
    }

    @Override
    public void cut() {
        fail(Reason.BROKEN, "the provider's answer was cut");
    }

    private void accept() {
        accepted = true;
        deadlines.accepted();
        HostResponseHead h = Objects.requireNonNull(head);
        if (h.status() >= 400) {
            // Nobody recovers and nobody looks, so it goes to the client as it came; the outcome tells all the same.
            attempt.failed(HostFailure.of(attempt, sent, h, null, "upstream_error", false, false));
        }
        attempt.firstEvent();
        tries.accepted(h);
        if (!attempt.isResume()) {
            exchange.ascent().head(h);
        }
        for (Event event : heldBack) {
            pass(event);
        }
        heldBack.clear();
        heldBackBytes = 0;
    }

    @Override
    public void broken(Reply reply, String filter) {
        fail(HostFailure.of(attempt, reply, tries.accepted(), tries.canRetry()));
    }

    @Override
    public void sourceDone() {
        AnswerReader r = reader;
        if (r != null) {
            r.stop();
        }
    }

    @Override
    public void held() {
        deadlines.begun();
    }

    @Override
    public boolean hookFailed(int filter, String hook, Throwable cause) {
        exchange.filters().blame(filter, hook, cause);
        fail(Reason.FILTER, "the filter " + exchange.names()[filter] + " failed in " + hook);
        return false;
    }

    @Override
    public void touched(int filter) {
        exchange.touched(filter);
    }

    @Override
    public void ready() {
        AnswerReader r = reader;
        if (r != null && !over) {
            r.ready();
        }
    }

    @Override
    public boolean full() {
        return accepted && exchange.ascent().blocked();
    }

    @Override
    public Answer render(Reply reply, int filter) {
        return exchange.render(reply, filter);
    }
}
