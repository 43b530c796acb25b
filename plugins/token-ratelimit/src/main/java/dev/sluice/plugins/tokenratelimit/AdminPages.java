package dev.sluice.plugins.tokenratelimit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Scope;
import dev.sluice.plugins.tokenratelimit.Claim.Figure;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What the admin API shows of the limits, and lets administrators do. */
final class AdminPages {
    private static final long PATIENCE_SECONDS = 5;

    private final Limiter limiter;
    private final Board board;

    AdminPages(Limiter limiter, Board board) {
        this.limiter = limiter;
        this.board = board;
    }

    void open(Scope scope, @Nullable QuotaAdmin quota) {
        scope.show("limits", board::tree);
        scope.action("usage", this::usage);
        if (quota != null) {
            scope.action("query", asked -> {
                only(asked, Set.of("consumer"));
                return answer(asked, quota.query(text(asked, "consumer")));
            });
            scope.action("refresh", asked -> {
                only(asked, Set.of("consumer", "quota"));
                return answer(asked, quota.refresh(text(asked, "consumer"), number(asked, "quota")));
            });
            scope.action("delta", asked -> {
                only(asked, Set.of("consumer", "value"));
                return answer(asked, quota.delta(text(asked, "consumer"), number(asked, "value")));
            });
        }
    }

    private static ObjectNode answer(ObjectNode asked, CompletionStage<Figure> figure) {
        return QuotaAdmin.whole(asked.path("consumer").asText(), await(figure));
    }

    /** How each limit of a rule stands for those whose facts are given. */
    private JsonNode usage(ObjectNode asked) {
        only(asked, Set.of("rule", "by"));
        String name = text(asked, "rule");
        Rule rule = limiter.rules().stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'rule' must be the name of one of "
                        + limiter.rules().stream().map(Rule::name).toList()));
        JsonNode given = asked.path("by");
        List<String> values = new ArrayList<>();
        Set<String> known = new TreeSet<>();
        for (Fact fact : rule.by()) {
            known.add(fact.toString());
            JsonNode value = given.path(fact.toString());
            if (!value.isTextual()) {
                throw new IllegalArgumentException(
                        "'by' must say whose use is asked for: it needs the text '" + fact + "'");
            }
            values.add(value.textValue());
        }
        if (given instanceof ObjectNode object) {
            only(object, known);
        }
        Subject subject = Subject.of(rule.by(), values);
        ArrayNode tree = JsonNodeFactory.instance.arrayNode();
        await(limiter.ledger().look(rule, subject)).forEach(figure -> tree.add(board.tree(rule, subject, figure)));
        return tree;
    }

    private static void only(ObjectNode asked, Set<String> known) {
        asked.fieldNames().forEachRemaining(field -> {
            if (!known.contains(field)) {
                throw new IllegalArgumentException(
                        "there is a field that is not known here: known are " + new TreeSet<>(known));
            }
        });
    }

    private static @Nullable String text(ObjectNode asked, String field) {
        return asked.path(field).textValue();
    }

    private static @Nullable String number(ObjectNode asked, String field) {
        JsonNode value = asked.path(field);
        return value.isNumber() ? value.decimalValue().toPlainString() : value.textValue();
    }

    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the shared state does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
