package dev.sluice.plugins.contentsafety;

import java.util.ArrayList;
import java.util.List;

/** A text as somebody outside may see it: without what has been masked. Leads places in it back to the text. Immutable. */
final class MaskedView {
    private record Piece(int at, int from, int to, boolean replaced) {}

    private final String text;
    private final List<Piece> pieces = new ArrayList<>();

    /** Masks apart from each other, in order. */
    MaskedView(String raw, List<Finding> masks) {
        StringBuilder out = new StringBuilder(raw.length());
        int at = 0;
        for (Finding mask : masks) {
            pieces.add(new Piece(out.length(), at, mask.from(), false));
            out.append(raw, at, mask.from());
            pieces.add(new Piece(out.length(), mask.from(), mask.to(), true));
            String given = mask.mask();
            out.append(given == null ? Vault.anonymous(mask.risk()) : given);
            at = mask.to();
        }
        pieces.add(new Piece(out.length(), at, raw.length(), false));
        out.append(raw, at, raw.length());
        text = out.toString();
    }

    String text() {
        return text;
    }

    Finding back(Finding finding) {
        if (!finding.hasPlace() || finding.to() <= finding.from()) {
            return finding;
        }
        Piece first = piece(finding.from());
        Piece last = piece(finding.to() - 1);
        return finding.placed(
                first.replaced ? first.from : first.from + finding.from() - first.at,
                last.replaced ? last.to : last.from + finding.to() - last.at);
    }

    private Piece piece(int at) {
        Piece found = pieces.get(0);
        for (Piece piece : pieces) {
            if (piece.at > at) {
                break;
            }
            found = piece;
        }
        return found;
    }
}
