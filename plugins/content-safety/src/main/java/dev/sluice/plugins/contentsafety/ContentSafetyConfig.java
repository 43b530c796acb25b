package dev.sluice.plugins.contentsafety;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of this filter.
 *
 * @param engines what looks for risks, in order
 * @param actions what is done about them; the first that fits
 * @param consumers actions of certain consumers, before those
 * @param request how requests are checked
 * @param response how answers are
 * @param message what a client reads in place of what is refused
 * @param logText whether what was found may be in the log
 * @param guard Higress's ai-security-guard
 * @param masking Higress's ai-data-masking
 */
public record ContentSafetyConfig(
        List<EngineConfig> engines,
        List<ActionConfig> actions,
        List<ConsumerConfig> consumers,
        @Nullable RequestConfig request,
        @Nullable ResponseConfig response,
        String message,
        boolean logText,
        @Nullable GuardConfig guard,
        @Nullable MaskingConfig masking) {

    /** One engine: exactly one of the kinds, and which ways it looks; none named: both. */
    public record EngineConfig(
            List<Direction> directions,
            @Nullable WordsConfig words,
            @Nullable RegexConfig regex,
            @Nullable PiiConfig pii,
            @Nullable InjectionConfig injection,
            @Nullable UrlsConfig urls,
            @Nullable AliyunConfig aliyun,
            @Nullable ModerationConfig openai,
            @Nullable WebhookConfig webhook,
            @Nullable JudgeConfig judge) {}

    /** Deny words, and longer ones in which they are none. */
    public record WordsConfig(List<String> words, List<String> except, String risk, Level level) {}

    /** Patterns of the operator's own. */
    public record RegexConfig(List<PatternConfig> rules) {}

    /** One of them. */
    public record PatternConfig(
            String pattern,
            String risk,
            Level level,
            @Nullable String replacement) {}

    /** Personal data; no kinds: all. */
    public record PiiConfig(List<PiiKind> kinds, List<String> phoneRegions) {}

    /** What is recognised. */
    public enum PiiKind {
        EMAIL,
        PHONE,
        ID_NUMBER,
        CARD,
        IBAN,
        SECRET,
        IP
    }

    /** Attempts to talk the model out of its instructions. */
    public record InjectionConfig() {}

    /** Where links may lead. */
    public record UrlsConfig(List<String> allow, List<String> deny, Level level) {}

    /** Aliyun's content moderation. */
    public record AliyunConfig(
            URI url,
            String accessKey,
            String secretKey,
            @Nullable String securityToken,
            String action,
            @Nullable String requestService,
            @Nullable String responseService) {}

    /** OpenAI's moderations, or whoever speaks like them. */
    public record ModerationConfig(URI url, String apiKey, String model, double threshold) {}

    /** Anybody who answers what is said in the README. */
    public record WebhookConfig(URI url, Map<String, String> headers) {}

    /** A model as judge. */
    public record JudgeConfig(
            String provider,
            @Nullable String model,
            @Nullable String prompt) {}

    /** What is done about a risk. */
    public record ActionConfig(
            String risk,
            Level level,
            Action action,
            @Nullable Direction on) {}

    /** What is done for certain consumers; globs. */
    public record ConsumerConfig(List<String> names, List<ActionConfig> actions) {}

    /** What an engine's failure means. */
    public enum OnFailure {
        BLOCK,
        ALLOW
    }

    /** How a request is refused. */
    public enum RefuseAs {
        ERROR,
        ANSWER
    }

    /** How requests are checked. */
    public record RequestConfig(
            boolean check, boolean system, OnFailure onEngineFailure, Duration timeout, RefuseAs refuseAs) {}

    /** How answers are checked. */
    public record ResponseConfig(
            boolean check,
            OnFailure onEngineFailure,
            Duration timeout,
            int window,
            @Nullable Integer overlap,
            Duration maxDelay) {}
}
