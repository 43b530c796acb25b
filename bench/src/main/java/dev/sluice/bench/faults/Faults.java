package dev.sluice.bench.faults;

import static dev.sluice.bench.faults.Fault.Mode.BOTH;
import static dev.sluice.bench.faults.Fault.Mode.STREAMS;
import static dev.sluice.bench.faults.Fault.Mode.WHOLE;
import static dev.sluice.bench.faults.Fault.fault;
import static dev.sluice.testkit.BrokenHttp2Upstream.Ending.GOAWAY;
import static dev.sluice.testkit.BrokenHttp2Upstream.Ending.REFUSED;
import static dev.sluice.testkit.BrokenHttp2Upstream.Ending.RST_STREAM;
import static dev.sluice.testkit.BrokenHttp2Upstream.Ending.WELL_AFTER_GOAWAY;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.bench.faults.Fault.Ask;
import dev.sluice.bench.faults.Fault.Place;
import dev.sluice.bench.faults.Fault.Seen;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.Received;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** The faults, each stated once: the tests play them briefly, {@code faults/run.sh} at full length. */
final class Faults {
    /** Between what was written and the break, so that the peer reads it before. */
    private static final Duration READ = Duration.ofMillis(300);

    private static final int MEGABYTES_10 = 10 << 20;

    private Faults() {}

    static List<Fault> all() {
        return List.of(
                fault(
                                "1",
                                "429 with `Retry-After: 2`, then fine",
                                BOTH,
                                afterOne(ask -> busy(ask).header("retry-after", "2")))
                        .keys(1)
                        .may(Seen.OWN, Seen.RESCUED),
                fault(
                                "1b",
                                "the same, with a second key",
                                BOTH,
                                afterOne(ask -> busy(ask).header("retry-after", "2")))
                        .may(Seen.OWN),
                fault("2", "429 for ever, no header", BOTH, Faults::busy).tries(4),
                fault(
                                "3",
                                "500 once, then fine",
                                BOTH,
                                afterOne(ask -> ask.voice().error(500, "server_error", "x")))
                        .may(Seen.OWN),
                fault("4", "503 for ever", BOTH, Faults::down),
                fault("5", "TCP reset before any byte, for ever", BOTH, ask -> Answer.resetBeforeHeaders()),
                fault("5b", "TCP reset before any byte, once", BOTH, afterOne(ask -> Answer.resetBeforeHeaders()))
                        .may(Seen.OWN),
                fault("5c", "connections refused", BOTH, Faults::down).at(Place.REFUSES),
                fault(
                                "6",
                                "accepts, never answers",
                                BOTH,
                                ask -> Answer.status(200).silence())
                        .tries(1),
                fault(
                                "7",
                                "headers at once, first token after the limit",
                                STREAMS,
                                ask -> Answer.stream()
                                        .head()
                                        .pause(ask.timing().stall())
                                        .chunk(Voice.joined(ask.voice().stream("m", Voice.TEXT, true)))
                                        .end())
                        .tries(1),
                fault(
                                "7b",
                                "headers at once, then silence",
                                BOTH,
                                ask -> Answer.status(200)
                                        .header("content-type", type(ask))
                                        .head()
                                        .silence())
                        .tries(1),
                fault("7c", "opening events and pings, no token", STREAMS, ask -> pinging(ask))
                        .tries(1),
                fault("7d", "the head's bytes one by one, without an end", BOTH, ask -> dripping())
                        .tries(1),
                fault(
                                "8",
                                "stream cut (RST) after 40 of 60 tokens",
                                STREAMS,
                                ask -> begun(ask, 40).pause(READ).cut())
                        .may(Seen.RESUMED)
                        .tries(1),
                fault(
                                "8b",
                                "stream closed (FIN) after 40 of 60 tokens",
                                STREAMS,
                                ask -> begun(ask, 40).close())
                        .may(Seen.RESUMED)
                        .tries(1),
                fault(
                                "8c",
                                "stream ended in order after 40 of 60 tokens",
                                STREAMS,
                                ask -> begun(ask, 40).end())
                        .may(Seen.RESUMED)
                        .tries(1),
                fault(
                        "8d",
                        "JSON cut in the middle",
                        WHOLE,
                        ask -> half(ask).pause(READ).cut()),
                fault(
                                "9",
                                "silent after 20 tokens, the socket open",
                                STREAMS,
                                ask -> begun(ask, 20).silence())
                        .may(Seen.RESUMED)
                        .tries(1),
                fault(
                                "9b",
                                "the same, then healthy",
                                STREAMS,
                                afterOne(ask -> begun(ask, 20).silence()))
                        .script(Scripts::healthyAfterwards)
                        .may(Seen.RESUMED)
                        .tries(1),
                fault("9c", "JSON silent in the middle", WHOLE, ask -> half(ask).silence())
                        .tries(1),
                fault(
                                "10",
                                "one malformed event in the middle",
                                STREAMS,
                                ask -> Voice.answer(ask.voice().begun(30))
                                        .chunk("data: {\"broken\":\n\n")
                                        .chunk(rest(ask, 30))
                                        .end())
                        .may(Seen.OWN),
                fault("10b", "malformed JSON", WHOLE, ask -> Answer.json(200, "{\"choices\":[{\"mess")),
                fault(
                                "11",
                                "complete, no terminator, ended",
                                STREAMS,
                                ask -> Voice.answer(ask.voice().stream("m", Voice.TEXT, false))
                                        .end())
                        .may(Seen.OWN),
                fault(
                                "11b",
                                "complete, no terminator, the socket open",
                                STREAMS,
                                ask -> Voice.answer(ask.voice().stream("m", Voice.TEXT, false))
                                        .silence())
                        .may(Seen.OWN),
                fault("12", "400 context_length_exceeded", BOTH, Faults::tooLong)
                        .may(Seen.ERROR)
                        .tries(1),
                fault("12b", "the same, and the backup's window is larger", BOTH, Faults::tooLong)
                        .settings("", ", contextWindow: 100000")
                        .tries(1),
                fault("13", "400 content policy", BOTH, Faults::blocked)
                        .may(Seen.ERROR)
                        .tries(1),
                fault("13b", "the same, falling over asked for", BOTH, Faults::blocked)
                        .settings(", triggers: { contentFilter: true }", "")
                        .tries(1),
                fault(
                                "14",
                                "as 8, and the backup rejects prefill by a 400",
                                STREAMS,
                                ask -> begun(ask, 40).pause(READ).cut())
                        .settings("", ", prefill: true")
                        .may(Seen.RESUMED)
                        .tries(1),
                fault(
                                "14b",
                                "as 8, and the backup takes prefill",
                                STREAMS,
                                ask -> begun(ask, 40).pause(READ).cut())
                        .backup(ask -> goesOn(ask, true))
                        .settings("", ", prefill: true")
                        .may(Seen.RESUMED)
                        .tries(1),
                fault(
                                "14c",
                                "as 8, and the backup says something else",
                                STREAMS,
                                ask -> begun(ask, 40).pause(READ).cut())
                        .backup(ask -> good(ask, "backup", "word1 word2 word3 and now to something else "))
                        .may(Seen.ERROR)
                        .tries(1),
                fault("15", "down for a while, then healthy", BOTH, Faults::down)
                        .script(Scripts::comesBack)
                        .tries(Integer.MAX_VALUE),
                fault("16", "503 for ever: whose `model` and usage", BOTH, Faults::down),
                fault(
                                "k1",
                                "one key refused, the other good",
                                BOTH,
                                ask -> ask.key().equals("first")
                                        ? ask.voice().error(401, "invalid_api_key", "who are you")
                                        : good(ask, "m", Voice.TEXT))
                        .may(Seen.OWN),
                fault("k2", "all keys refused", BOTH, ask -> ask.voice().error(401, "invalid_api_key", "who are you")),
                fault(
                        "a",
                        "an error event inside a 200",
                        STREAMS,
                        ask -> Answer.stream().chunk(ask.voice().errorEvent()).end()),
                fault(
                                "a2",
                                "an error event after 40 tokens",
                                STREAMS,
                                ask -> begun(ask, 40)
                                        .chunk(ask.voice().errorEvent())
                                        .end())
                        .may(Seen.RESUMED)
                        .tries(1),
                fault(
                        "b",
                        "a JSON error body with 200",
                        BOTH,
                        ask -> Answer.json(200, ask.voice().errorJson("server_error", "boom"))),
                fault(
                        "b2",
                        "a 200 with nothing",
                        BOTH,
                        ask -> Answer.status(200)
                                .header("content-type", type(ask))
                                .header("content-length", "0")
                                .head()
                                .end()),
                fault(
                        "b3",
                        "a 200 with a page",
                        BOTH,
                        ask -> Answer.status(200)
                                .header("content-type", "text/html")
                                .chunk("<p>Please sign in</p>")
                                .end()),
                fault(
                                "c",
                                "a last event without its blank line",
                                STREAMS,
                                ask -> Answer.stream()
                                        .chunk(Voice.joined(ask.voice().stream("m", Voice.TEXT, true))
                                                .stripTrailing())
                                        .end())
                        .may(Seen.OWN),
                fault(
                                "d",
                                "cut at every byte",
                                BOTH,
                                ask -> good(ask, "m", Voice.TEXT).byteByByte())
                        .may(Seen.OWN),
                fault("e", "CRLF, comments, a BOM", STREAMS, Faults::decorated).may(Seen.OWN),
                fault("f", "gzip", BOTH, Faults::zipped).may(Seen.OWN),
                fault(
                                "f2",
                                "gzip, cut after 40 tokens",
                                STREAMS,
                                ask -> begun(ask, 40).gzip().pause(READ).cut())
                        .may(Seen.RESUMED)
                        .tries(1),
                fault(
                                "g",
                                "a 10 MB event",
                                STREAMS,
                                ask -> Voice.answer(ask.voice().begun(30))
                                        .chunk(ask.voice().word("m", "x".repeat(MEGABYTES_10)))
                                        .chunk(rest(ask, 30))
                                        .end())
                        .may(Seen.ERROR, Seen.RESUMED)
                        .script(Scripts::largeEvent),
                fault("h", "events without end, a client that reads slowly", STREAMS, Faults::firehose)
                        .script(Scripts::slowReader),
                fault(
                                "i1",
                                "the client leaves before the head",
                                BOTH,
                                ask -> Answer.status(200).silence())
                        .script(Scripts::leavesEarly),
                fault(
                                "i2",
                                "the client leaves after the head",
                                STREAMS,
                                ask -> Answer.stream().head().silence())
                        .script(Scripts::leavesEarly),
                fault(
                                "i3",
                                "the client leaves in the middle",
                                STREAMS,
                                ask -> begun(ask, 20).silence())
                        .script(Scripts::leavesInTheMiddle),
                fault("j1", "HTTP/2: RST_STREAM mid-answer", STREAMS, Faults::down)
                        .http2(RST_STREAM)
                        .may(Seen.RESUMED)
                        .tries(1),
                fault("j2", "HTTP/2: RST_STREAM mid-answer", WHOLE, Faults::down)
                        .http2(RST_STREAM),
                fault("j3", "HTTP/2: GOAWAY mid-answer", STREAMS, Faults::down)
                        .http2(GOAWAY)
                        .may(Seen.RESUMED)
                        .tries(1),
                fault("j4", "HTTP/2: GOAWAY mid-answer", WHOLE, Faults::down).http2(GOAWAY),
                fault("j5", "HTTP/2: GOAWAY, and the answer ends well", BOTH, Faults::down)
                        .http2(WELL_AFTER_GOAWAY)
                        .may(Seen.OWN),
                fault("j6", "HTTP/2: every stream refused", BOTH, Faults::down).http2(REFUSED),
                fault("l1", "a name that resolves to nothing", BOTH, Faults::down)
                        .at(Place.UNRESOLVED),
                fault("m1", "a TLS certificate that has expired", BOTH, Faults::down)
                        .at(Place.EXPIRED_TLS),
                fault("m2", "no TLS behind https", BOTH, Faults::down).at(Place.NO_TLS),
                fault("m3", "a TLS handshake that stalls", BOTH, Faults::down).at(Place.SILENT_TLS),
                fault("n", "both down", BOTH, Faults::down)
                        .backup(ask -> ask.voice().error(500, "server_error", "the other one is broken"))
                        .may(Seen.ERROR),
                fault("o", "a backup slower than the deadline", BOTH, Faults::down)
                        .backup(ask -> Answer.status(200).silence())
                        .settings(", totalTimeout: 3s", "")
                        .may(Seen.ERROR),
                fault(
                                "p1",
                                "a content-length larger than the body",
                                BOTH,
                                ask -> Answer.status(200)
                                        .header("content-type", type(ask))
                                        .header("content-length", "100000")
                                        .chunk(
                                                ask.stream()
                                                        ? Voice.joined(
                                                                ask.voice().begun(40))
                                                        : "{\"id\":")
                                        .close())
                        .may(Seen.RESCUED, Seen.RESUMED),
                fault(
                        "p2",
                        "a content-length smaller than the body",
                        WHOLE,
                        ask -> Answer.status(200)
                                .header("content-type", "application/json")
                                .header("content-length", "50")
                                .chunk(ask.voice().whole("m", Voice.TEXT))
                                .close()),
                fault(
                        "p3",
                        "a chunk size that is no number, first",
                        BOTH,
                        ask -> Answer.status(200)
                                .header("content-type", type(ask))
                                .head()
                                .raw("zz\r\nnot a chunk\r\n")
                                .silence()),
                fault(
                                "p4",
                                "a chunk size that is no number, after 40 tokens",
                                STREAMS,
                                ask -> begun(ask, 40)
                                        .pause(READ)
                                        .raw("zz\r\nnot a chunk\r\n")
                                        .silence())
                        .may(Seen.RESUMED)
                        .tries(1),
                fault(
                        "p5",
                        "a status line that is none",
                        BOTH,
                        ask -> Answer.status(200).raw("I am a teapot\r\n\r\n").close()),
                fault(
                        "p6",
                        "a head of 1 MB",
                        BOTH,
                        ask -> Answer.status(200)
                                .header("x-large", "y".repeat(1 << 20))
                                .head()
                                .end()),
                fault(
                                "q",
                                "`Connection: close` after each of 20 answers",
                                BOTH,
                                ask -> good(ask, "m", Voice.TEXT).header("connection", "close"))
                        .script(Scripts::inARow)
                        .may(Seen.OWN)
                        .tries(20));
    }

    private static Function<Ask, Answer> afterOne(Function<Ask, Answer> broken) {
        return ask -> ask.number() == 1 ? broken.apply(ask) : good(ask, "m", Voice.TEXT);
    }

    private static Answer busy(Ask ask) {
        return ask.voice().error(429, "rate_limit_exceeded", "slow down");
    }

    static Answer down(Ask ask) {
        return ask.voice().error(503, "overloaded", "the model is down");
    }

    private static Answer tooLong(Ask ask) {
        return ask.voice() == Voice.OPENAI
                ? ask.voice().error(400, "context_length_exceeded", "this model takes 8192 tokens at most")
                : ask.voice().error(400, "invalid_request_error", "prompt is too long: 9000 tokens > 8192 maximum");
    }

    private static Answer blocked(Ask ask) {
        return ask.voice() == Voice.OPENAI
                ? ask.voice().error(400, "content_policy_violation", "that is against our content policy")
                : ask.voice().error(400, "invalid_request_error", "Output blocked by content filtering policy");
    }

    private static String type(Ask ask) {
        return ask.stream() ? "text/event-stream" : "application/json";
    }

    private static Answer begun(Ask ask, int words) {
        return Voice.answer(ask.voice().begun(words));
    }

    /** What follows after so many words, to the end. */
    private static String rest(Ask ask, int words) {
        List<String> all = ask.voice().stream("m", Voice.TEXT, true);
        return Voice.joined(all.subList(ask.voice().begun(words).size(), all.size()));
    }

    private static Answer half(Ask ask) {
        return Answer.status(200)
                .header("content-type", "application/json")
                .chunk(ask.voice().whole("m", Voice.TEXT).substring(0, 200));
    }

    private static Answer pinging(Ask ask) {
        Answer answer = Voice.answer(ask.voice().opening("m"));
        for (long left = ask.timing().stall().toMillis(); left > 0; left -= 250) {
            String ping = ask.voice() == Voice.OPENAI ? ": ping\n\n" : "event: ping\ndata: {\"type\":\"ping\"}\n\n";
            answer = answer.pause(Duration.ofMillis(250)).chunk(ping);
        }
        return answer.silence();
    }

    private static Answer dripping() {
        Answer answer = Answer.status(200).raw("HTTP/1.1 200 OK\r\nx-drip: ");
        for (int i = 0; i < 1000; i++) {
            answer = answer.pause(Duration.ofMillis(100)).raw("z");
        }
        return answer.silence();
    }

    private static Answer decorated(Ask ask) {
        Answer answer = Answer.stream().chunk("\uFEFF: here it comes\r\n\r\n");
        for (String frame : ask.voice().stream("m", Voice.TEXT, true)) {
            answer = answer.chunk(": a comment\r\n" + frame.replace("\n", "\r\n"));
        }
        return answer.end();
    }

    private static Answer zipped(Ask ask) {
        if (ask.stream()) {
            return Voice.answer(ask.voice().stream("m", Voice.TEXT, true))
                    .gzip()
                    .end();
        }
        return Answer.status(200)
                .header("content-type", "application/json")
                .chunk(ask.voice().whole("m", Voice.TEXT))
                .gzip()
                .end();
    }

    /** 256 MB of small events, as fast as they are taken. */
    private static Answer firehose(Ask ask) {
        String word = ask.voice().word("m", "x");
        byte[] many = word.repeat(256 * 1024 / word.length()).getBytes(StandardCharsets.UTF_8);
        Answer answer = Voice.answer(ask.voice().opening("m"));
        for (int i = 0; i < 1024; i++) {
            answer = answer.chunk(many);
        }
        return answer.silence();
    }

    static Answer good(Ask ask, String model, String text) {
        return ask.stream()
                ? Voice.answer(ask.voice().stream(model, text, true)).end()
                : Answer.json(200, ask.voice().whole(model, text));
    }

    /** Goes on where it is told that the answer was cut; refuses to be given its beginning. */
    static Answer goesOn(Ask ask) {
        return goesOn(ask, false);
    }

    private static Answer goesOn(Ask ask, boolean takesPrefill) {
        JsonNode messages = ask.request().json().path("messages");
        String last = messages.path(messages.size() - 1).path("role").asText();
        return last.equals("assistant") && !takesPrefill
                ? ask.voice().error(400, "invalid_request_error", "the last message must be the user's")
                : good(ask, "backup", rest(ask.request()));
    }

    /** What is left to say after what the request says was said. */
    static String rest(Received request) {
        JsonNode messages = request.json().path("messages");
        JsonNode said = messages.path(messages.size() - 1);
        if (!said.path("role").asText().equals("assistant")) {
            said = messages.path(messages.size() - 2);
        }
        String given = said.path("role").asText().equals("assistant")
                ? said.path("content").asText()
                : "";
        return Voice.TEXT.substring(given.length());
    }
}
