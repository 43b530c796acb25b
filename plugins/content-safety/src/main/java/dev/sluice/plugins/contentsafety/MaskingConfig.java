package dev.sluice.plugins.contentsafety;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Higress's ai-data-masking, under its own keys. */
public record MaskingConfig(
        boolean deny_openai,
        List<String> deny_jsonpath,
        boolean deny_raw,
        boolean system_deny,
        int deny_code,
        String deny_message,
        String deny_raw_message,
        String deny_content_type,
        List<String> deny_words,
        List<ReplaceRole> replace_roles) {

    /** What is replaced. */
    public record ReplaceRole(
            String regex,
            String type,
            boolean restore,
            @Nullable String value) {}
}
