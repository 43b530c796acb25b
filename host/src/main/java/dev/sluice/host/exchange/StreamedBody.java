package dev.sluice.host.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import java.util.function.Consumer;

/** A request's body that no filter sees, or that is not there: all that can be said of it is that it is not JSON. */
final class StreamedBody implements Body {
    static final StreamedBody INSTANCE = new StreamedBody();

    private StreamedBody() {}

    private static IllegalStateException notHere() {
        return new IllegalStateException("the request's body streams past the filters; ask isJson() first");
    }

    @Override
    public boolean isJson() {
        return false;
    }

    @Override
    public byte[] bytes() {
        throw notHere();
    }

    @Override
    public JsonNode json() {
        throw notHere();
    }

    @Override
    public void edit(Consumer<ObjectNode> change) {
        throw notHere();
    }

    @Override
    public void replace(JsonNode json) {
        throw notHere();
    }

    @Override
    public void replace(byte[] bytes) {
        throw notHere();
    }

    @Override
    public String toString() {
        return "streamed";
    }
}
