package dev.sluice.bench.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One call of a client's, and all that came back: whether its connection ended as it should, too. */
record Caller(Voice voice, int status, HttpHeaders headers, String body, boolean ended, Duration took) {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /**
     * Calls, and waits for all of the answer.
     *
     * @throws IOException if none came within the limit
     */
    static Caller call(URI gateway, String name, Voice voice, boolean stream, Duration limit)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(gateway.resolve(voice.path()))
                .timeout(limit)
                .header("content-type", "application/json")
                .header("x-case", name)
                .POST(HttpRequest.BodyPublishers.ofString(body(voice, stream)))
                .build();
        long began = System.nanoTime();
        HttpResponse<InputStream> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofInputStream());
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        boolean ended = true;
        try (InputStream in = answer.body()) {
            in.transferTo(body);
        } catch (IOException cut) {
            ended = false;
        }
        return new Caller(
                voice,
                answer.statusCode(),
                answer.headers(),
                body.toString(StandardCharsets.UTF_8),
                ended,
                Duration.ofNanos(System.nanoTime() - began));
    }

    static String body(Voice voice, boolean stream) {
        return ("{'model':'m','max_tokens':99,'stream':" + stream
                        + (stream && voice == Voice.OPENAI ? ",'stream_options':{'include_usage':true}" : "")
                        + ",'messages':[{'role':'user','content':'count to sixty'}]}")
                .replace('\'', '"');
    }

    String header(String name) {
        return headers.firstValue(name).orElse("");
    }

    boolean isStream() {
        return header("content-type").startsWith("text/event-stream");
    }

    /** Whether nothing is missing by its own account: a stream has its terminator, and the connection ended well. */
    boolean isWhole() {
        return ended && (!isStream() || body.endsWith(voice.terminator()) || endsInMessageStop());
    }

    private boolean endsInMessageStop() {
        List<Event> all = events();
        return voice == Voice.ANTHROPIC
                && !all.isEmpty()
                && "message_stop".equals(all.get(all.size() - 1).name());
    }

    List<Event> events() {
        List<Event> events = new ArrayList<>();
        for (String frame : body.split("\n\n", -1)) {
            String name = null;
            String data = null;
            for (String line : frame.split("\n", -1)) {
                name = line.startsWith("event: ") ? line.substring(7) : name;
                data = line.startsWith("data: ") ? line.substring(6) : data;
            }
            if (data != null && !data.equals("[DONE]")) {
                events.add(name == null ? Event.data(data) : Event.data(data).name(name));
            }
        }
        return events;
    }

    JsonNode json() {
        try {
            return isStream() ? Chats.aggregate(voice.dialect(), events()) : MAPPER.readTree(body);
        } catch (IOException e) {
            throw new UncheckedIOException("no JSON: " + body, e);
        }
    }

    String text() {
        return ChatReply.of(voice.dialect(), json()).text();
    }

    String model() {
        return json().path("model").asText();
    }

    @Nullable
    Usage usage() {
        return ChatReply.of(voice.dialect(), json()).usage();
    }

    /** The error in the client's dialect; null if there is none. */
    @Nullable
    JsonNode error() {
        JsonNode tree;
        if (isStream()) {
            List<Event> all = events();
            if (all.isEmpty()) {
                return null;
            }
            tree = all.get(all.size() - 1).json();
        } else {
            tree = json();
        }
        boolean inDialect = tree.path("error").path("message").isTextual()
                && (voice == Voice.OPENAI || tree.path("type").asText().equals("error"));
        return inDialect ? tree.path("error") : null;
    }
}
