package dev.sluice.plugins.contentsafety;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Which of several findings are masked where they overlap: the one that begins first, of these the longest. */
final class Masks {
    private static final Comparator<Finding> ORDER = Comparator.comparingInt(Finding::from)
            .thenComparing(Comparator.comparingInt(Finding::length).reversed());

    private Masks() {}

    /** The masks in each of so many texts: in order, apart from each other. */
    static List<List<Finding>> apart(List<Finding> all, int texts) {
        List<List<Finding>> masks = new ArrayList<>(texts);
        for (int i = 0; i < texts; i++) {
            masks.add(new ArrayList<>());
        }
        for (Finding finding : all) {
            if (finding.hasPlace()
                    && finding.action() != null
                    && finding.action().masks()) {
                masks.get(finding.text()).add(finding);
            }
        }
        masks.replaceAll(Masks::apart);
        return masks;
    }

    private static List<Finding> apart(List<Finding> masks) {
        masks.sort(ORDER);
        List<Finding> apart = new ArrayList<>(masks.size());
        for (Finding mask : masks) {
            Finding last = apart.isEmpty() ? null : apart.get(apart.size() - 1);
            if (last == null || mask.from() >= last.to()) {
                apart.add(mask);
            } else if (mask.to() > last.to()) {
                apart.set(apart.size() - 1, last.placed(last.from(), mask.to()));
            }
        }
        return apart;
    }

    /** What replaces a finding in this text, remembered where it is to come back. */
    static String mask(Finding finding, Text text, Vault vault) {
        String given = finding.mask();
        if (finding.action() != Action.MASK_AND_RESTORE) {
            return given == null ? Vault.anonymous(finding.risk()) : Vault.spelled(given, text.isJson());
        }
        String original = original(finding, text);
        if (given == null) {
            return vault.placeholder(finding.risk(), original);
        }
        vault.put(given, original);
        return Vault.spelled(given, text.isJson());
    }

    /** What stood there, as a reader of the text has it. */
    private static String original(Finding finding, Text text) {
        String raw = text.raw().substring(finding.from(), finding.to());
        return text.isJson() ? Unescape.json(raw) : raw;
    }
}
