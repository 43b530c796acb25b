package dev.sluice.plugins.contentsafety;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Texts cut and packed for a service that takes so many bytes at a time; never within a character. */
final class Pieces {
    /** Part of a text, and where it stands in a pack. */
    private record Part(int text, int from, int to, int at) {}

    /** What is sent at a time. */
    static final class Pack {
        private final List<Part> parts = new ArrayList<>();
        private final StringBuilder says = new StringBuilder();
        private int bytes;

        String says() {
            return says.toString();
        }

        /** The first text that it holds a part of. */
        int text() {
            return parts.get(0).text;
        }

        /** A finding at a place in the pack, at its place in a text; null if it spans several. */
        @Nullable
        Finding back(Finding finding) {
            for (Part part : parts) {
                int end = part.at + part.to - part.from;
                if (finding.from() >= part.at && finding.to() <= end) {
                    return finding.in(part.text)
                            .placed(part.from + finding.from() - part.at, part.from + finding.to() - part.at);
                }
            }
            return null;
        }
    }

    private Pieces() {}

    static List<Pack> of(List<String> texts, int most) {
        List<Pack> packs = new ArrayList<>();
        Pack pack = new Pack();
        for (int i = 0; i < texts.size(); i++) {
            String text = texts.get(i);
            if (!pack.parts.isEmpty()) {
                pack.says.append('\n');
                pack.bytes++;
            }
            int from = 0;
            int at = 0;
            while (at < text.length()) {
                int c = text.codePointAt(at);
                int width = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
                if (pack.bytes + width > most) {
                    close(pack, i, from, at);
                    packs.add(pack);
                    pack = new Pack();
                    from = at;
                }
                pack.says.appendCodePoint(c);
                pack.bytes += width;
                at += Character.charCount(c);
            }
            close(pack, i, from, at);
        }
        if (!pack.parts.isEmpty()) {
            packs.add(pack);
        }
        return packs;
    }

    private static void close(Pack pack, int text, int from, int to) {
        if (to > from) {
            pack.parts.add(new Part(text, from, to, pack.says.length() - (to - from)));
        }
    }
}
