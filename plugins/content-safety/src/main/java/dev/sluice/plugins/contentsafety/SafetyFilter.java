package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Key;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Guards one exchange: its request, its answer, and what was masked in between. */
final class SafetyFilter implements Filter {
    static final String HEADER = "x-sluice-content-safety";

    /** Findings that are noted one by one. */
    private static final int MOST_NOTED = 32;

    private final Exchange exchange;
    private final Settings settings;
    private final Vault vault = new Vault();
    private final ArrayNode noted = JsonNodeFactory.instance.arrayNode();
    private @Nullable StreamGuard guard;
    private @Nullable ResponseHead head;
    private @Nullable Action gravest;

    SafetyFilter(Exchange exchange, Settings settings) {
        this.exchange = exchange;
        this.settings = settings;
    }

    static Reply unavailable() {
        return Reply.error(503, "check_failed", "the content could not be checked and so is not passed on; try again");
    }

    @Override
    public Step onRequestBody(Body body) {
        if (!body.isJson()) {
            return Step.next();
        }
        JsonNode tree = body.json();
        List<Place> all = settings.reach().request(tree);
        all.forEach(place -> vault.reserve(place.text()));
        if (!settings.checksRequests() || !settings.inspector().looks(Direction.REQUEST)) {
            return Step.next();
        }
        List<Text> texts = settings.chosen(all).stream().map(Place::asText).toList();
        boolean stream = tree.path("stream").asBoolean(false);
        return settled(
                settings.inspector().inspect(exchange, Direction.REQUEST, texts),
                findings -> request(body, stream, texts, findings));
    }

    private Step request(Body body, boolean stream, List<Text> texts, List<Finding> findings) {
        tell(Direction.REQUEST, texts, findings);
        List<Finding> blocks = blocks(findings);
        if (!blocks.isEmpty()) {
            return settings.refusal().request(exchange, stream, blocks).header(HEADER, "blocked");
        }
        List<String> now = new ArrayList<>(texts.size());
        boolean changed = false;
        List<List<Finding>> masks = Masks.apart(findings, texts.size());
        for (int i = 0; i < texts.size(); i++) {
            String masked = Vault.apply(texts.get(i).raw(), swaps(texts.get(i), masks.get(i)));
            changed |= !masked.equals(texts.get(i).raw());
            now.add(masked);
        }
        if (changed) {
            write(body, root -> settings.chosen(settings.reach().request(root)), now);
        }
        return Step.next();
    }

    private List<Vault.Swap> swaps(Text text, List<Finding> masks) {
        List<Vault.Swap> swaps = new ArrayList<>(masks.size());
        masks.forEach(mask -> swaps.add(new Vault.Swap(mask.from(), mask.to(), Masks.mask(mask, text, vault))));
        return swaps;
    }

    private static void write(Body body, Function<JsonNode, List<Place>> places, List<String> now) {
        if (body.isObject()) {
            body.edit(root -> put(places.apply(root), now));
        } else {
            JsonNode copy = body.json().deepCopy();
            put(places.apply(copy), now);
            body.replace(copy);
        }
    }

    private static void put(List<Place> places, List<String> now) {
        for (int i = 0; i < now.size(); i++) {
            if (!places.get(i).text().equals(now.get(i))) {
                places.get(i).set().accept(now.get(i));
            }
        }
    }

    @Override
    public Step onResponse(ResponseHead head) {
        this.head = head;
        showGravest();
        return Step.next();
    }

    @Override
    public Events onEvent(Event event) {
        StreamGuard now = guard();
        return now == null ? event : now.onEvent(event);
    }

    @Override
    public Events onEnd() {
        StreamGuard now = guard;
        return now == null ? Events.none() : now.onEnd();
    }

    private @Nullable StreamGuard guard() {
        boolean checks = checksAnswers();
        if (guard == null && (checks || !vault.isEmpty())) {
            guard = new StreamGuard(
                    exchange,
                    checks ? settings.inspector() : null,
                    vault,
                    settings.reach(),
                    settings.cut(),
                    new StreamEnd(exchange, settings.refusal()),
                    findings -> tell(Direction.RESPONSE, List.of(), findings));
        }
        return guard;
    }

    private boolean checksAnswers() {
        return settings.checksAnswers() && settings.inspector().looks(Direction.RESPONSE);
    }

    @Override
    public Step onResponseBody(Body body) {
        if (!body.isJson() || (vault.isEmpty() && !checksAnswers())) {
            return Step.next();
        }
        List<Text> texts =
                settings.reach().reply(body.json()).stream().map(Place::asText).toList();
        ResponseHead now = head;
        if (!checksAnswers() || (now != null && now.status() >= 400)) {
            return answer(body, texts, List.of());
        }
        return settled(
                settings.inspector().inspect(exchange, Direction.RESPONSE, texts),
                findings -> answer(body, texts, findings));
    }

    private Step answer(Body body, List<Text> texts, List<Finding> findings) {
        tell(Direction.RESPONSE, texts, findings);
        showGravest();
        List<Finding> blocks = blocks(findings);
        if (!blocks.isEmpty()) {
            return settings.refusal().answer(exchange, blocks).header(HEADER, "blocked");
        }
        List<String> now = new ArrayList<>(texts.size());
        boolean changed = false;
        List<List<Finding>> masks = Masks.apart(findings, texts.size());
        for (int i = 0; i < texts.size(); i++) {
            Text text = texts.get(i);
            List<Vault.Swap> swaps =
                    Vault.merged(vault.restores(text.raw(), 0, text.isJson()), swaps(text, masks.get(i)));
            changed |= !swaps.isEmpty();
            now.add(Vault.apply(text.raw(), swaps));
        }
        if (changed) {
            write(body, settings.reach()::reply, now);
        }
        return Step.next();
    }

    private static List<Finding> blocks(List<Finding> findings) {
        return findings.stream().filter(one -> one.action() == Action.BLOCK).toList();
    }

    private static Step settled(CompletionStage<List<Finding>> check, Function<List<Finding>, Step> then) {
        var future = check.toCompletableFuture();
        if (future.isDone() && !future.isCompletedExceptionally()) {
            return then.apply(future.join());
        }
        return Step.when(check.handle((findings, failure) -> {
            if (failure == null) {
                return then.apply(findings);
            }
            Throwable cause = Inspector.cause(failure);
            if (cause instanceof Inspector.Unavailable) {
                return unavailable();
            }
            throw new IllegalStateException("the check failed", cause);
        }));
    }

    private void tell(Direction direction, List<Text> texts, List<Finding> findings) {
        for (Finding finding : findings) {
            settings.meters().found(exchange, direction, finding);
            Action action = finding.action();
            if (action != null && (gravest == null || action.compareTo(gravest) < 0)) {
                gravest = action;
                exchange.put(Key.RISK, finding.risk());
            }
            if (noted.size() < MOST_NOTED) {
                ObjectNode note = noted.addObject()
                        .put("direction", direction.word())
                        .put("risk", finding.risk())
                        .put("level", SafetyMeters.word(finding.level()))
                        .put("action", action == null ? "" : SafetyMeters.word(action));
                if (settings.logText() && finding.hasPlace() && finding.text() < texts.size()) {
                    note.put("text", texts.get(finding.text()).raw().substring(finding.from(), finding.to()));
                }
            }
        }
        if (!findings.isEmpty()) {
            exchange.note("content_safety", noted.deepCopy());
        }
    }

    /** Streams show what was found before their head went out. */
    private void showGravest() {
        ResponseHead now = head;
        Action worst = gravest;
        if (now != null && worst != null) {
            now.headers()
                    .set(
                            HEADER,
                            switch (worst) {
                                case BLOCK -> "blocked";
                                case MASK, MASK_AND_RESTORE -> "masked";
                                case FLAG, PASS -> "flagged";
                            });
        }
    }
}
