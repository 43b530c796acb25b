package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads what Aliyun's moderation says of a piece of text. Immutable. */
final class AliyunVerdicts {
    static final String CONTENT = "contentModeration";
    static final String ATTACK = "promptAttack";
    static final String SENSITIVE = "sensitiveData";

    private final @Nullable Bars bars;

    /** From which levels on, and how, each kind of risk is acted upon, for whom. */
    interface Bars {
        Level bar(String consumer, String kind);

        Action action(String consumer, String kind);
    }

    /** Without bars, the operator's rules decide. */
    AliyunVerdicts(@Nullable Bars bars) {
        this.bars = bars;
    }

    /**
     * What it has found.
     *
     * @throws IllegalStateException if that cannot be understood
     */
    List<Finding> of(JsonNode data, Pieces.Pack pack, String consumer) {
        List<Finding> found = new ArrayList<>();
        if (!data.has("RiskLevel") && !data.path("Detail").isArray()) {
            throw new IllegalStateException("its answer names neither a RiskLevel nor a Detail");
        }
        top(found, data, "RiskLevel", data.path("Detail").isArray() ? CONTENT : "riskLevel", pack, consumer);
        top(found, data, "AttackLevel", ATTACK, pack, consumer);
        for (JsonNode detail : data.path("Detail")) {
            detail(found, detail, pack, consumer);
        }
        return found;
    }

    private void top(List<Finding> found, JsonNode data, String field, String kind, Pieces.Pack pack, String consumer) {
        if (data.hasNonNull(field)) {
            Level level = level(data.get(field).asText());
            String label = data.path("Result").path(0).path("Label").asText(kind);
            add(found, Finding.somewhere(pack.text(), own(kind, label), "aliyun", level), kind, consumer);
        }
    }

    private void detail(List<Finding> found, JsonNode detail, Pieces.Pack pack, String consumer) {
        String kind = detail.path("Type").asText("");
        Level level = level(detail.path("Level").asText("none"));
        JsonNode result = detail.path("Result").path(0);
        Finding somewhere =
                Finding.somewhere(pack.text(), own(kind, result.path("Label").asText(kind)), "aliyun", level);
        if (kind.equals(SENSITIVE) && detail.path("Suggestion").asText("").equals("mask")) {
            Finding masked = masked(result.path("Ext").path("Desensitization").asText(""), somewhere, pack);
            if (masked != null) {
                add(found, masked, kind, consumer);
                return;
            }
        }
        add(found, somewhere, kind, consumer);
    }

    /** What the service has replaced: all between what is the same at both ends. Null where it cannot be told. */
    private static @Nullable Finding masked(String desensitised, Finding somewhere, Pieces.Pack pack) {
        String text = pack.says();
        if (desensitised.isEmpty()) {
            return null;
        }
        int most = Math.min(text.length(), desensitised.length());
        int head = 0;
        while (head < most && text.charAt(head) == desensitised.charAt(head)) {
            head++;
        }
        if (head > 0 && head < text.length() && Character.isLowSurrogate(text.charAt(head))) {
            head--;
        }
        int tail = 0;
        while (tail < most - head
                && text.charAt(text.length() - 1 - tail) == desensitised.charAt(desensitised.length() - 1 - tail)) {
            tail++;
        }
        if (head == text.length() && text.length() == desensitised.length()) {
            return null;
        }
        return pack.back(somewhere
                .placed(head, text.length() - tail)
                .masked(desensitised.substring(head, desensitised.length() - tail)));
    }

    private String own(String kind, String label) {
        return bars == null && !label.isEmpty() ? label : kind;
    }

    private void add(List<Finding> found, Finding finding, String kind, String consumer) {
        Bars known = bars;
        if (finding.level() == Level.NONE) {
            return;
        }
        if (known == null) {
            found.add(finding);
            return;
        }
        Level bar = known.bar(consumer, kind);
        // Nothing reaches max: it is the bar that says never.
        if ((bar == Level.MAX && !kind.equals(SENSITIVE)) || !finding.level().reaches(bar)) {
            found.add(finding.decided(Action.FLAG));
            return;
        }
        Action wanted = known.action(consumer, kind);
        boolean masks = wanted == Action.MASK && finding.hasPlace();
        found.add(finding.decided(masks ? Action.MASK : Action.BLOCK));
    }

    /**
     * A level in Aliyun's words.
     *
     * @throws IllegalStateException if it is none: what is not understood must not pass as harmless
     */
    static Level level(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "none", "s0", "" -> Level.NONE;
            case "low", "s1" -> Level.LOW;
            case "medium", "s2" -> Level.MEDIUM;
            case "high", "s3" -> Level.HIGH;
            case "max", "s4" -> Level.MAX;
            default -> throw new IllegalStateException("it answered with the unknown level '" + word + "'");
        };
    }
}
