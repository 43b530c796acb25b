package dev.sluice.plugins.contentsafety;

import dev.sluice.plugins.contentsafety.ContentSafetyConfig.PiiKind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Personal data and credentials, recognised by their form and, where they have one, their checksum. */
final class PiiEngine implements Engine.Local {

    private final Map<PiiKind, List<Recogniser>> recognisers = new EnumMap<>(PiiKind.class);

    PiiEngine(Set<PiiKind> kinds, List<String> phoneRegions) {
        for (PiiKind kind : kinds) {
            recognisers.put(
                    kind,
                    switch (kind) {
                        case EMAIL -> Recogniser.email();
                        case PHONE -> Recogniser.phone(phoneRegions);
                        case ID_NUMBER -> Recogniser.idNumber();
                        case CARD -> Recogniser.card();
                        case IBAN -> Recogniser.iban();
                        case SECRET -> Recogniser.secret();
                        case IP -> Recogniser.ip();
                    });
        }
    }

    @Override
    public String name() {
        return "pii";
    }

    @Override
    public List<Finding> find(Text text) {
        String plain = text.plain();
        List<Digits> digits = Digits.of(plain);
        List<Finding> found = new ArrayList<>();
        recognisers.forEach((kind, those) -> {
            Level level = switch (kind) {
                case SECRET -> Level.HIGH;
                case IP -> Level.LOW;
                default -> Level.MEDIUM;
            };
            String risk = SafetyMeters.word(kind);
            those.forEach(one -> one.find(
                    plain, digits, (from, to) -> found.add(text.back(Finding.at(from, to, risk, "pii", level)))));
        });
        return found;
    }
}
