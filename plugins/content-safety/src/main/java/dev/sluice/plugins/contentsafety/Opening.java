package dev.sluice.plugins.contentsafety;

import com.google.i18n.phonenumbers.PhoneNumberUtil;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.sluice.api.ConfigException;
import dev.sluice.api.Scope;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.ActionConfig;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.AliyunConfig;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.ConsumerConfig;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.EngineConfig;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.JudgeConfig;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.OnFailure;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.PatternConfig;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.PiiConfig;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.PiiKind;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.RefuseAs;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.RequestConfig;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.ResponseConfig;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.UrlsConfig;
import java.net.IDN;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes settings of a config, in whichever spelling. */
final class Opening {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final int WINDOW = 256;
    private static final int OVERLAP = 64;
    private static final RequestConfig REQUEST =
            new RequestConfig(true, false, OnFailure.BLOCK, TIMEOUT, RefuseAs.ERROR);
    private static final ResponseConfig RESPONSE =
            new ResponseConfig(true, OnFailure.BLOCK, TIMEOUT, WINDOW, null, Duration.ofMillis(300));

    private final Scope scope;
    private final SafetyMeters meters;

    Opening(Scope scope) {
        this.scope = scope;
        this.meters = new SafetyMeters(scope);
    }

    Settings settings(ContentSafetyConfig config) {
        GuardConfig guard = config.guard();
        MaskingConfig masking = config.masking();
        return guard != null ? guard(guard) : masking != null ? masking(masking) : own(config);
    }

    private Settings guard(GuardConfig config) {
        Duration timeout = Duration.ofMillis(config.timeout());
        ResponseConfig response = new ResponseConfig(
                config.checkResponse(), OnFailure.BLOCK, timeout, config.bufferLimit(), null, RESPONSE.maxDelay());
        List<Inspector.Placed> engines = List.of(HigressGuard.engine(config));
        return new Settings(
                inspector(engines, new Policy(List.of(), List.of()), REQUEST, response, timeout),
                meters,
                new HigressGuard.Denial(config),
                cut(response, engines),
                config.checkRequest(),
                config.checkResponse(),
                HigressGuard.reach(config),
                HigressGuard.LAST_MESSAGE.equals(config.requestContentJsonPath())
                        ? Settings.Chosen.LAST
                        : Settings.Chosen.CONVERSATION,
                false);
    }

    private Settings masking(MaskingConfig config) {
        List<Inspector.Placed> engines = HigressMasking.engines(config);
        return new Settings(
                inspector(engines, new Policy(List.of(), List.of()), REQUEST, RESPONSE, TIMEOUT),
                meters,
                new HigressMasking.Denial(config),
                cut(RESPONSE, engines),
                true,
                true,
                HigressMasking.reach(config),
                Settings.Chosen.ALL,
                false);
    }

    private Settings own(ContentSafetyConfig config) {
        RequestConfig request = config.request() == null ? REQUEST : config.request();
        ResponseConfig response = config.response() == null ? RESPONSE : config.response();
        List<Inspector.Placed> engines = new ArrayList<>();
        for (int i = 0; i < config.engines().size(); i++) {
            engines.add(engine(config.engines().get(i), "engines[" + i + "]"));
        }
        return new Settings(
                inspector(engines, policy(config), request, response, null),
                meters,
                new OwnRefusal(config.message(), request.refuseAs() == RefuseAs.ANSWER),
                cut(response, engines),
                request.check(),
                response.check(),
                Reach.SHAPES,
                request.system() ? Settings.Chosen.ALL : Settings.Chosen.CONVERSATION,
                config.logText());
    }

    private Inspector inspector(
            List<Inspector.Placed> engines,
            Policy policy,
            RequestConfig request,
            ResponseConfig response,
            @Nullable Duration both) {
        Map<Direction, Inspector.Way> ways = new EnumMap<>(Direction.class);
        ways.put(
                Direction.REQUEST,
                new Inspector.Way(
                        request.onEngineFailure() == OnFailure.ALLOW, both == null ? request.timeout() : both));
        ways.put(
                Direction.RESPONSE,
                new Inspector.Way(
                        response.onEngineFailure() == OnFailure.ALLOW, both == null ? response.timeout() : both));
        return new Inspector(engines, ways, policy, meters, scope);
    }

    private static StreamGuard.Cut cut(ResponseConfig response, List<Inspector.Placed> engines) {
        int longest = engines.stream()
                .filter(placed -> placed.directions().contains(Direction.RESPONSE))
                .map(Inspector.Placed::engine)
                .mapToInt(engine -> engine instanceof WordsEngine words ? words.longest() : 0)
                .max()
                .orElse(0);
        Integer given = response.overlap();
        if (given != null && given < longest) {
            throw new ConfigException(
                    "response.overlap",
                    "is shorter than the longest deny word (" + longest
                            + " characters), which could pass between two windows: write at least " + longest);
        }
        int overlap = given == null ? Math.max(OVERLAP, longest) : given;
        return new StreamGuard.Cut(response.window(), overlap, response.maxDelay());
    }

    private static Policy policy(ContentSafetyConfig config) {
        List<Policy.Own> own = new ArrayList<>();
        for (ConsumerConfig consumer : config.consumers()) {
            own.add(new Policy.Own(consumer.names().stream().map(Opening::glob).toList(), rules(consumer.actions())));
        }
        return new Policy(own, rules(config.actions()));
    }

    private static List<Policy.Rule> rules(List<ActionConfig> actions) {
        return actions.stream()
                .map(one -> new Policy.Rule(one.risk(), one.level(), one.action(), one.on()))
                .toList();
    }

    private static Pattern glob(String glob) {
        String pattern =
                Arrays.stream(glob.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
        return Pattern.compile(pattern);
    }

    private Inspector.Placed engine(EngineConfig config, String path) {
        Set<Direction> given =
                config.directions().isEmpty() ? EnumSet.allOf(Direction.class) : EnumSet.copyOf(config.directions());
        if (config.words() != null) {
            var words = config.words();
            return new Inspector.Placed(
                    new WordsEngine(words.words(), words.except(), words.risk(), words.level()), given);
        }
        if (config.regex() != null) {
            List<RegexEngine.Rule> rules = new ArrayList<>();
            for (int i = 0; i < config.regex().rules().size(); i++) {
                rules.add(rule(config.regex().rules().get(i), path + ".regex.rules[" + i + "]"));
            }
            return new Inspector.Placed(new RegexEngine(rules), given);
        }
        if (config.pii() != null) {
            return new Inspector.Placed(pii(config.pii(), path), given);
        }
        if (config.injection() != null) {
            // A model that speaks of instructions attacks nobody.
            Set<Direction> ways = config.directions().isEmpty() ? Set.of(Direction.REQUEST) : given;
            return new Inspector.Placed(new InjectionEngine(), ways);
        }
        if (config.urls() != null) {
            return new Inspector.Placed(urls(config.urls(), path), given);
        }
        if (config.aliyun() != null) {
            return new Inspector.Placed(aliyun(config.aliyun()), given);
        }
        if (config.openai() != null) {
            return new Inspector.Placed(new ModerationEngine(config.openai()), given);
        }
        if (config.webhook() != null) {
            return new Inspector.Placed(new WebhookEngine(config.webhook()), given);
        }
        if (config.judge() != null) {
            return new Inspector.Placed(judge(config.judge(), path), given);
        }
        throw new ConfigException(path, "names no engine");
    }

    private static RegexEngine.Rule rule(PatternConfig config, String path) {
        String replacement = config.replacement();
        try {
            return new RegexEngine.Rule(
                    Pattern.compile(config.pattern()),
                    config.risk(),
                    config.level(),
                    replacement == null ? null : match -> replacement,
                    null);
        } catch (PatternSyntaxException e) {
            throw new ConfigException(
                    path + ".pattern",
                    "is no regular expression of RE2, which has no look-around and no references back: "
                            + e.getDescription());
        }
    }

    private static PiiEngine pii(PiiConfig config, String path) {
        Set<String> known = PhoneNumberUtil.getInstance().getSupportedRegions();
        for (String region : config.phoneRegions()) {
            if (!known.contains(region)) {
                throw new ConfigException(
                        path + ".pii.phoneRegions",
                        "'" + region + "' is no region; write two capital letters, as in DE");
            }
        }
        Set<PiiKind> kinds = config.kinds().isEmpty() ? EnumSet.allOf(PiiKind.class) : EnumSet.copyOf(config.kinds());
        return new PiiEngine(kinds, config.phoneRegions());
    }

    private static UrlEngine urls(UrlsConfig config, String path) {
        return new UrlEngine(
                hosts(config.allow(), path + ".urls.allow"), hosts(config.deny(), path + ".urls.deny"), config.level());
    }

    private static Set<String> hosts(List<String> given, String path) {
        Set<String> hosts = new TreeSet<>();
        for (String host : given) {
            if (host.contains("/") || host.contains("*") || host.startsWith(".")) {
                throw new ConfigException(
                        path, "'" + host + "' is no host: write example.com, which stands for what is below it, too");
            }
            hosts.add(IDN.toASCII(host, IDN.ALLOW_UNASSIGNED).toLowerCase(Locale.ROOT));
        }
        return hosts;
    }

    private static AliyunEngine aliyun(AliyunConfig config) {
        boolean modal = config.action().equals("MultiModalGuard");
        String request = config.requestService() != null
                ? config.requestService()
                : modal ? "query_security_check" : "llm_query_moderation";
        String response = config.responseService() != null
                ? config.responseService()
                : modal ? "response_security_check" : "llm_response_moderation";
        return new AliyunEngine(
                config.url(),
                new Acs3Signature(config.accessKey(), config.secretKey(), config.securityToken()),
                config.action(),
                (direction, consumer) -> direction == Direction.REQUEST ? request : response,
                new AliyunVerdicts(null));
    }

    private JudgeEngine judge(JudgeConfig config, String path) {
        String prompt = config.prompt();
        if (prompt != null && !prompt.contains(JudgeEngine.TEXT)) {
            throw new ConfigException(
                    path + ".judge.prompt",
                    "has no place for what is to be judged: write " + JudgeEngine.TEXT + " where it belongs");
        }
        if (!scope.providers().containsKey(config.provider())) {
            throw new ConfigException(path + ".judge.provider", "there is no provider '" + config.provider() + "'");
        }
        return new JudgeEngine(config);
    }
}
