package dev.sluice.host.exchange;

import dev.sluice.api.Event;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.llm.Chats;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A filter that asked a model: gets the answer whole, put together if it came as events. */
final class CollectingDownstream implements Downstream {
    private static final int MAX_BYTES = 16 * 1024 * 1024;

    private final Json json;
    private final CompletableFuture<HttpResponse> result;
    private final Buffer collected = Buffer.buffer();
    private final List<Event> events = new ArrayList<>();
    private @Nullable HostResponseHead head;

    CollectingDownstream(Json json, CompletableFuture<HttpResponse> result) {
        this.json = json;
        this.result = result;
    }

    @Override
    public void head(HostResponseHead answer) {
        head = answer;
    }

    @Override
    public void event(Event event) {
        events.add(event);
    }

    @Override
    public void bytes(Buffer bytes) {
        if (collected.length() + bytes.length() > MAX_BYTES) {
            fail("its answer is larger than " + MAX_BYTES + " bytes");
        } else {
            collected.appendBuffer(bytes);
        }
    }

    @Override
    public void body(HostBody body) {
        complete(body.bytes());
    }

    @Override
    public void end(boolean stream) {
        complete(stream ? json.write(Chats.aggregate(dev.sluice.api.Dialect.OPENAI, events)) : collected.getBytes());
    }

    private void complete(byte[] body) {
        HostResponseHead answer = head;
        Map<String, List<String>> headers = new HashMap<>();
        if (answer != null) {
            for (String name : answer.fields().names()) {
                headers.put(name, answer.fields().all(name));
            }
        }
        result.complete(HttpResponse.of(answer == null ? 502 : answer.status(), headers, body));
    }

    @Override
    public void abort(@Nullable Event error) {
        fail("its answer broke off");
    }

    private void fail(String why) {
        result.completeExceptionally(new IllegalStateException("the model asked gave no answer: " + why));
    }

    @Override
    public boolean headWritten() {
        // Nothing reaches anybody before the whole is there: an error can always take its place.
        return false;
    }

    @Override
    public long bytesSent() {
        return collected.length();
    }

    @Override
    public int status() {
        return head == null ? 0 : head.status();
    }

    @Override
    public boolean full() {
        return false;
    }
}
