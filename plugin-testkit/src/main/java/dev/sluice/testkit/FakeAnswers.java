package dev.sluice.testkit;

import dev.sluice.api.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What the outside world answers to a filter's calls or questions: by the first predicate that holds, in the order they
 * were given, else the next of a queue. An unexpected one fails its stage. Confined to one thread.
 *
 * @param <Q> what is asked
 */
public final class FakeAnswers<Q> {
    private final String what;
    private final List<Rule<Q>> rules = new ArrayList<>();
    private final Deque<CompletionStage<HttpResponse>> queue = new ArrayDeque<>();
    private final List<Q> asked = new ArrayList<>();

    FakeAnswers(String what) {
        this.what = what;
    }

    /** An answer of JSON. */
    public static HttpResponse json(int status, String json) {
        return HttpResponse.of(
                status, Map.of("content-type", List.of("application/json")), json.getBytes(StandardCharsets.UTF_8));
    }

    /** Answers the next one that no predicate is for. */
    public FakeAnswers<Q> next(HttpResponse answer) {
        return next(CompletableFuture.completedFuture(answer));
    }

    /** Answers the next one that no predicate is for, when the stage completes; a failed one fails it. */
    public FakeAnswers<Q> next(CompletionStage<HttpResponse> answer) {
        queue.add(answer);
        return this;
    }

    /** Answers all those. */
    public FakeAnswers<Q> when(Predicate<? super Q> these, HttpResponse answer) {
        return when(these, asked -> CompletableFuture.completedFuture(answer));
    }

    /** Answers all those as the function says. */
    public FakeAnswers<Q> when(
            Predicate<? super Q> these, Function<? super Q, ? extends CompletionStage<HttpResponse>> answer) {
        rules.add(new Rule<>(these, answer));
        return this;
    }

    /** All that was asked so far, in order, answered or not. */
    public List<Q> asked() {
        return List.copyOf(asked);
    }

    CompletionStage<HttpResponse> answer(Q question) {
        asked.add(question);
        for (Rule<Q> rule : rules) {
            if (rule.these.test(question)) {
                return rule.answer.apply(question);
            }
        }
        CompletionStage<HttpResponse> next = queue.poll();
        return next != null
                ? next
                : CompletableFuture.failedFuture(new IllegalStateException(
                        "unexpected " + what + " " + question + ": the test has scripted no answer for it"));
    }

    private record Rule<Q>(
            Predicate<? super Q> these, Function<? super Q, ? extends CompletionStage<HttpResponse>> answer) {}
}
