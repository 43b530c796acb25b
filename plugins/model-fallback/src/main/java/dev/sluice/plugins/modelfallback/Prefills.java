package dev.sluice.plugins.modelfallback;

import dev.sluice.api.Dialect;
import dev.sluice.api.Provider;
import dev.sluice.api.Scope;
import dev.sluice.api.llm.Chats.Prefill;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.TargetConfig;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Which targets go on from the beginning of an answer that they are given, and how they want to be told. Thread-safe. */
final class Prefills {
    /** A vendor may learn it. */
    private static final Duration REMEMBERED = Duration.ofDays(1);

    private final Scope scope;
    private final Map<String, Provider> providers;
    private final Set<String> refused = ConcurrentHashMap.newKeySet();

    Prefills(Scope scope) {
        this.scope = scope;
        this.providers = scope.providers();
    }

    /** Reads what is known of that target, some time soon. */
    void recall(String target) {
        var unused = scope.shared().get(key(target)).thenAccept(there -> there.ifPresent(yes -> refused.add(target)));
    }

    private static String key(String target) {
        return "no-prefill/" + target;
    }

    /** How that target is told; null: it does not take an answer's beginning, as far as anybody knows. */
    @Nullable
    Prefill spelling(TargetConfig target, Dialect client) {
        Boolean told = target.prefill();
        if (told != null && !told) {
            return null;
        }
        Prefill vendors = vendors(target, client);
        if (told != null) {
            return vendors == null ? Prefill.PLAIN : vendors;
        }
        return refused.contains(target.name()) ? null : vendors;
    }

    private @Nullable Prefill vendors(TargetConfig target, Dialect client) {
        Provider provider = providers.get(target.provider());
        if (provider == null) {
            return null;
        }
        if (provider.type().equals("anthropic")) {
            return Prefill.PLAIN;
        }
        if (client != Dialect.OPENAI) {
            // The fields below would not survive the translation.
            return null;
        }
        return switch (provider.type()) {
            case "mistral" -> Prefill.MISTRAL;
            case "qwen" -> Prefill.QWEN;
            case "vllm" -> Prefill.VLLM;
            case "deepseek" -> hasBetaPath(provider) ? Prefill.DEEPSEEK : null;
            default -> null;
        };
    }

    /** DeepSeek's other path takes no notice of the field, and starts again. */
    private static boolean hasBetaPath(Provider provider) {
        return provider.endpoints().stream()
                .anyMatch(uri -> String.valueOf(uri.getPath()).contains("/beta"));
    }

    /** It has refused; remembered unless the config knows better. */
    void refused(TargetConfig target) {
        if (target.prefill() == null && refused.add(target.name())) {
            var unused = scope.shared().put(key(target.name()), "1", REMEMBERED);
        }
    }
}
