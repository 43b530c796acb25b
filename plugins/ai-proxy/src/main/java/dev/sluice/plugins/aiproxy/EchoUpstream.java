package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Exchange;
import dev.sluice.api.Operation;
import dev.sluice.api.Provider;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.api.llm.Chats;
import dev.sluice.api.llm.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One try of the provider that is built in: it says the last user text back, word by word. */
final class EchoUpstream implements AttemptFilter {
    static final String TYPE = "echo";
    private static final Pattern WORD = Pattern.compile("\\s*\\S+\\s*");

    private final Exchange exchange;
    private final Provider provider;
    private final Attempt attempt;

    EchoUpstream(Exchange exchange, Provider provider, Attempt attempt) {
        this.exchange = exchange;
        this.provider = provider;
        this.attempt = attempt;
    }

    @Override
    public Step onSend(UpstreamRequest request) {
        Dialect dialect = exchange.dialect();
        boolean speaks = dialect == Dialect.OPENAI || dialect == Dialect.ANTHROPIC;
        if (exchange.operation() != Operation.CHAT || !speaks) {
            return Reply.error(
                    400,
                    "unsupported",
                    "provider '" + provider.name() + "' is an echo: it serves OpenAI chat and Anthropic messages only");
        }
        Body body = request.body();
        if (!body.isJson() || !body.json().isObject()) {
            return Reply.error(400, "bad_request", "the request's body is not a JSON object");
        }
        ChatRequest chat = ChatRequest.of(dialect, body);
        EchoSettings settings;
        try {
            settings = EchoSettings.of(provider.config()).in(chat.lastUserText());
        } catch (IllegalArgumentException e) {
            return Reply.error(400, "bad_request", "echo: " + e.getMessage());
        }
        Reply reply = settings.status() != 0
                ? Reply.error(settings.status(), "upstream_error", "the echo was asked for status " + settings.status())
                : answer(dialect, chat, settings, wantsUsage(body));
        return settings.delay().isZero()
                ? reply
                : Step.when(exchange.after(settings.delay()).thenApply(done -> reply));
    }

    private static boolean wantsUsage(Body body) {
        return body.json().path("stream_options").path("include_usage").asBoolean(false);
    }

    private Reply answer(Dialect dialect, ChatRequest chat, EchoSettings settings, boolean wantsUsage) {
        String asked = EchoSettings.without(chat.lastUserText());
        String text = settings.toolCall() != null ? "" : sized(asked, settings.tokens());
        Usage usage = Usage.of(
                        chat.messages().stream()
                                .mapToLong(m -> words(m.text()).size())
                                .sum(),
                        words(text).size() + words(settings.reasoning()).size())
                .reasoning(words(settings.reasoning()).size());
        Chats.Answer answer = Chats.Answer.of(exchange.id(), text)
                .model(model(chat))
                .reasoning(settings.reasoning())
                .usage(usage);
        if (settings.toolCall() != null) {
            ObjectNode arguments = JsonNodeFactory.instance.objectNode().put("text", asked);
            answer =
                    answer.toolCall(ToolCall.of(0, "call_" + exchange.id(), settings.toolCall(), arguments.toString()));
        }
        ObjectNode whole = Chats.reply(dialect, answer);
        boolean cut = settings.cutAfter() >= 0;
        if (!cut) {
            attempt.usage(usage);
        }
        if (!chat.stream()) {
            Reply reply = Reply.json(200, whole);
            return cut ? reply.cut() : reply;
        }
        if (dialect == Dialect.OPENAI && !wantsUsage) {
            whole.remove("usage");
        }
        List<Event> events = Chats.stream(dialect, whole, EchoUpstream::words);
        Reply reply = Reply.stream(cut ? upTo(dialect, settings.cutAfter(), events) : events)
                .paced(settings.interval());
        return cut ? reply.cut() : reply;
    }

    private String model(ChatRequest chat) {
        String model = attempt.target().model();
        String named = model == null ? chat.model() : model;
        return named == null ? TYPE : named;
    }

    /** As many words as are wanted, said again and again if need be. */
    private static String sized(String text, int tokens) {
        if (tokens < 0) {
            return text;
        }
        List<String> words = words(text.isEmpty() ? TYPE : text);
        StringBuilder sized = new StringBuilder();
        for (int i = 0; i < tokens; i++) {
            sized.append(i == 0 ? "" : " ").append(words.get(i % words.size()).strip());
        }
        return sized.toString();
    }

    /** The words with the white space around them, so that they add up to the text. */
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        Matcher word = WORD.matcher(text);
        while (word.find()) {
            words.add(word.group());
        }
        return words;
    }

    private static List<Event> upTo(Dialect dialect, int words, List<Event> events) {
        List<Event> kept = new ArrayList<>();
        int said = 0;
        for (Event event : events) {
            ChatDelta delta = ChatDelta.of(dialect, event);
            boolean ends = delta.finishReason() != null || !delta.toolCalls().isEmpty();
            if (ends || (!delta.text().isEmpty() && said++ == words)) {
                break;
            }
            kept.add(event);
        }
        return kept;
    }
}
