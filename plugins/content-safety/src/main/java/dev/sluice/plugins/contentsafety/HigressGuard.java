package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import dev.sluice.api.ConfigException;
import dev.sluice.api.Event;
import dev.sluice.api.Exchange;
import dev.sluice.api.Reply;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.Chats;
import dev.sluice.api.llm.FinishReason;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads Higress's ai-security-guard, and answers as it does. */
final class HigressGuard {
    /** Higress's default: only the last message is looked at. */
    static final String LAST_MESSAGE = "messages.@reverse.0.content";

    private HigressGuard() {}

    /**
     * The engine that does what its config says.
     *
     * @throws ConfigException if that cannot be done here
     */
    static Inspector.Placed engine(GuardConfig config) {
        refuseWhatIsNoText(config);
        EnumSet<Direction> directions = EnumSet.noneOf(Direction.class);
        if (config.checkRequest()) {
            directions.add(Direction.REQUEST);
        }
        if (config.checkResponse()) {
            directions.add(Direction.RESPONSE);
        }
        Acs3Signature signature = new Acs3Signature(config.accessKey(), config.secretKey(), config.securityToken());
        return new Inspector.Placed(
                new AliyunEngine(
                        url(config),
                        signature,
                        config.action(),
                        services(config),
                        new AliyunVerdicts(new OwnBars(config))),
                directions);
    }

    private static void refuseWhatIsNoText(GuardConfig config) {
        if (config.checkRequestImage() || config.requestImageCheckService() != null) {
            throw new ConfigException(
                    config.checkRequestImage() ? "checkRequestImage" : "requestImageCheckService",
                    "images are not looked into: leave it out, and let a filter of your own or the provider check them");
        }
        if (config.apiType().equals("mcp")) {
            throw new ConfigException(
                    "apiType", "MCP is not checked here: leave it out, or keep this route behind Higress");
        }
        if (!config.apiType().equals("text_generation")) {
            throw new ConfigException(
                    "apiType",
                    "made images are not looked into: leave it out; prompts for images are texts, and checked without it");
        }
        if (!config.providerType().equals("openai")) {
            throw new ConfigException(
                    "providerType",
                    "tells Higress the shape of requests for images: leave it out; texts are found by their shape, and"
                            + " where they stand elsewhere name the place in requestContentJsonPath");
        }
    }

    /** The paths count where a body has none of the shapes that are known. */
    static Reach reach(GuardConfig config) {
        String request = config.requestContentJsonPath();
        return new Reach(
                true,
                request == null || request.equals(LAST_MESSAGE)
                        ? List.of()
                        : List.of(path("requestContentJsonPath", request)),
                paths(
                        "responseContentJsonPath",
                        config.responseContentJsonPath(),
                        "responseContentFallbackJsonPaths",
                        config.responseContentFallbackJsonPaths()),
                paths(
                        "responseStreamContentJsonPath",
                        config.responseStreamContentJsonPath(),
                        "responseStreamContentFallbackJsonPaths",
                        config.responseStreamContentFallbackJsonPaths()));
    }

    private static List<Reach.Finder> paths(
            String key, @Nullable String first, String fallbackKey, List<String> fallbacks) {
        List<Reach.Finder> paths = new ArrayList<>();
        if (first != null) {
            paths.add(path(key, first));
        }
        for (int i = 0; i < fallbacks.size(); i++) {
            paths.add(path(fallbackKey + "[" + i + "]", fallbacks.get(i)));
        }
        return paths;
    }

    private static Reach.Finder path(String key, String written) {
        try {
            return TextPath.dotted(written)::in;
        } catch (IllegalArgumentException e) {
            throw new ConfigException(key, String.valueOf(e.getMessage()));
        }
    }

    private static URI url(GuardConfig config) {
        URI url = config.url();
        if (url != null) {
            return url;
        }
        String host = config.serviceHost();
        String name = config.serviceName();
        if (host == null && (name == null || name.endsWith(".dns") || name.endsWith(".static"))) {
            throw new ConfigException("serviceHost", "names the host to call, and is missing; or give url");
        }
        int port = config.servicePort();
        return URI.create((port == 80 ? "http://" : "https://")
                + (host != null ? host : name)
                + (port == 443 || port == 80 ? "" : ":" + port));
    }

    private static AliyunEngine.Services services(GuardConfig config) {
        boolean modal = config.action().equals("MultiModalGuard");
        String request = or(config.requestCheckService(), modal ? "query_security_check" : "llm_query_moderation");
        String response =
                or(config.responseCheckService(), modal ? "response_security_check" : "llm_response_moderation");
        List<Match<GuardConfig.ServiceFor>> requests = matches(
                config.consumerRequestCheckService(), GuardConfig.ServiceFor::name, GuardConfig.ServiceFor::matchType);
        List<Match<GuardConfig.ServiceFor>> responses = matches(
                config.consumerResponseCheckService(), GuardConfig.ServiceFor::name, GuardConfig.ServiceFor::matchType);
        return (direction, consumer) -> {
            boolean isRequest = direction == Direction.REQUEST;
            GuardConfig.ServiceFor own = first(isRequest ? requests : responses, consumer);
            String service = own == null ? null : isRequest ? own.requestCheckService() : own.responseCheckService();
            return or(service, isRequest ? request : response);
        };
    }

    private static String or(@Nullable String given, String other) {
        return given == null ? other : given;
    }

    private record Match<T>(Predicate<String> names, T what) {}

    private static <T> List<Match<T>> matches(List<T> all, Function<T, String> name, Function<T, String> type) {
        return all.stream()
                .map(one -> new Match<>(predicate(name.apply(one), type.apply(one)), one))
                .toList();
    }

    private static Predicate<String> predicate(String name, String type) {
        return switch (type) {
            case "prefix" -> consumer -> consumer.startsWith(name);
            case "regexp" -> {
                Pattern pattern = Pattern.compile(name);
                yield consumer -> pattern.matcher(consumer).find();
            }
            default -> name::equals;
        };
    }

    private static <T> @Nullable T first(List<Match<T>> all, String consumer) {
        for (Match<T> match : all) {
            if (match.names.test(consumer)) {
                return match.what;
            }
        }
        return null;
    }

    /** Consumer and kind, consumer, kind, all: the first that is given counts. */
    private static final class OwnBars implements AliyunVerdicts.Bars {
        private final GuardConfig config;
        private final List<Match<GuardConfig.RiskFor>> own;

        OwnBars(GuardConfig config) {
            this.config = config;
            this.own = matches(config.consumerRiskLevel(), GuardConfig.RiskFor::name, GuardConfig.RiskFor::matchType);
        }

        @Override
        public Level bar(String consumer, String kind) {
            GuardConfig.RiskFor theirs = first(own, consumer);
            String given = theirs == null
                    ? null
                    : switch (kind) {
                        case "riskLevel" -> theirs.riskLevelBar();
                        case AliyunVerdicts.ATTACK -> theirs.promptAttackLevelBar();
                        case AliyunVerdicts.SENSITIVE -> theirs.sensitiveDataLevelBar();
                        case "maliciousUrl" -> theirs.maliciousUrlLevelBar();
                        case "modelHallucination" -> theirs.modelHallucinationLevelBar();
                        case "customLabel" -> theirs.customLabelLevelBar();
                        default -> theirs.contentModerationLevelBar();
                    };
            return AliyunVerdicts.level(or(
                    given,
                    switch (kind) {
                        case "riskLevel" -> config.riskLevelBar();
                        case AliyunVerdicts.ATTACK -> config.promptAttackLevelBar();
                        case AliyunVerdicts.SENSITIVE -> config.sensitiveDataLevelBar();
                        case "maliciousUrl" -> config.maliciousUrlLevelBar();
                        case "modelHallucination" -> config.modelHallucinationLevelBar();
                        case "customLabel" -> config.customLabelLevelBar();
                        default -> config.contentModerationLevelBar();
                    }));
        }

        @Override
        public Action action(String consumer, String kind) {
            GuardConfig.RiskFor theirs = first(own, consumer);
            if (theirs != null && theirs.riskAction() != null) {
                return action(theirs.riskAction());
            }
            return action(or(
                    switch (kind) {
                        case AliyunVerdicts.ATTACK -> config.promptAttackAction();
                        case AliyunVerdicts.SENSITIVE -> config.sensitiveDataAction();
                        case "maliciousUrl" -> config.maliciousUrlAction();
                        case "modelHallucination" -> config.modelHallucinationAction();
                        case "customLabel" -> config.customLabelAction();
                        default -> config.contentModerationAction();
                    },
                    config.riskAction()));
        }

        private static Action action(String word) {
            return Action.valueOf(word.toUpperCase(Locale.ROOT));
        }
    }

    /** Refuses as Higress does: what was found as JSON, in an assistant's text or as it stands. */
    record Denial(GuardConfig config) implements Refusal {

        private ObjectNode payload(List<Finding> findings) {
            ObjectNode tree = JsonNodeFactory.instance.objectNode().put("code", config.denyCode());
            if (config.denyMessage() != null) {
                tree.put("denyMessage", config.denyMessage());
            }
            ArrayNode details = tree.putArray("blockedDetails");
            findings.forEach(finding ->
                    details.addObject().put("type", finding.risk()).put("level", SafetyMeters.word(finding.level())));
            return tree;
        }

        private Chats.Answer says(Exchange exchange, List<Finding> findings) {
            return Chats.Answer.of(exchange.id(), payload(findings).toString())
                    .model("from-security-guard")
                    .finish(FinishReason.STOP)
                    .usage(Usage.NONE);
        }

        @Override
        public Reply request(Exchange exchange, boolean stream, List<Finding> findings) {
            if (config.protocol().equals("original")) {
                return Reply.json(config.denyCode(), payload(findings));
            }
            return stream && config.denyCode() == 200
                    ? Reply.stream(stream(exchange, findings))
                    : Reply.json(config.denyCode(), Chats.reply(exchange.dialect(), says(exchange, findings)));
        }

        @Override
        public Reply answer(Exchange exchange, List<Finding> findings) {
            return request(exchange, false, findings);
        }

        @Override
        public List<Event> stream(Exchange exchange, List<Finding> findings) {
            return config.protocol().equals("original")
                    ? List.of(Event.json(payload(findings)))
                    : Chats.events(exchange.dialect(), says(exchange, findings));
        }

        @Override
        public ObjectNode lastDelta(List<Finding> findings) {
            return JsonNodeFactory.instance.objectNode().put("content", lastText(findings));
        }

        @Override
        public String lastText(List<Finding> findings) {
            return payload(findings).toString();
        }

        @Override
        public String finishReason() {
            return "stop";
        }
    }
}
