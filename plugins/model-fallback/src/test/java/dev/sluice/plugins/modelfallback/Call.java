package dev.sluice.plugins.modelfallback;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.Chats;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One call of a client's, and all that came back: whether it was whole, too. */
record Call(Dialect dialect, int status, HttpResponse<?> answer, String body, boolean whole) {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /**
     * Makes it.
     *
     * @param more fields of the request, each with a comma before it
     */
    static Call make(URI gateway, Dialect dialect, boolean stream, String more, String... headers) {
        boolean anthropic = dialect == Dialect.ANTHROPIC;
        String json = ("{'model':'m','max_tokens':99,'stream':" + stream
                        + (stream && !anthropic ? ",'stream_options':{'include_usage':true}" : "")
                        + ",'messages':[{'role':'user','content':'hi'}]" + more + "}")
                .replace('\'', '"');
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        gateway.resolve(anthropic ? "/v1/messages" : "/v1/chat/completions"))
                .timeout(Duration.ofSeconds(30))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        try {
            HttpResponse<InputStream> answer = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            boolean whole = true;
            try (InputStream in = answer.body()) {
                byte[] part = new byte[8192];
                for (int n = in.read(part); n >= 0; n = in.read(part)) {
                    body.write(part, 0, n);
                }
            } catch (IOException cut) {
                whole = false;
            }
            return new Call(dialect, answer.statusCode(), answer, body.toString(StandardCharsets.UTF_8), whole);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    String header(String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    boolean isStream() {
        return header("content-type").startsWith("text/event-stream");
    }

    List<Event> events() {
        List<Event> events = new ArrayList<>();
        for (String frame : body.split("\n\n")) {
            String name = null;
            String data = null;
            for (String line : frame.split("\n")) {
                name = line.startsWith("event: ") ? line.substring(7) : name;
                data = line.startsWith("data: ") ? line.substring(6) : data;
            }
            if (data != null && !data.equals("[DONE]")) {
                Event event = Event.data(data);
                events.add(name == null ? event : event.name(name));
            }
        }
        return events;
    }

    JsonNode json() {
        try {
            return isStream() ? Chats.aggregate(dialect, events()) : MAPPER.readTree(body);
        } catch (IOException e) {
            throw new UncheckedIOException(body, e);
        }
    }

    String text() {
        return ChatReply.of(dialect, json()).text();
    }

    String model() {
        return json().path("model").asText();
    }

    @Nullable
    Usage usage() {
        return ChatReply.of(dialect, json()).usage();
    }

    /** The error's code, wherever it stands. */
    String code() {
        JsonNode tree = isStream() ? events().get(events().size() - 1).json() : json();
        String inside = tree.at("/error/code").asText("");
        return inside.isEmpty() ? tree.path("code").asText("") : inside;
    }
}
