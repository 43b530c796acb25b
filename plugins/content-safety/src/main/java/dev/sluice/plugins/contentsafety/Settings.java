package dev.sluice.plugins.contentsafety;

import java.util.List;

/**
 * What one place in a chain does, made of any of the spellings of its config.
 *
 * @param checksRequests whether requests are looked at
 * @param checksAnswers whether answers are
 * @param reach where texts are
 * @param chosen which of a request's are looked at
 * @param logText whether what was found may be noted
 */
record Settings(
        Inspector inspector,
        SafetyMeters meters,
        Refusal refusal,
        StreamGuard.Cut cut,
        boolean checksRequests,
        boolean checksAnswers,
        Reach reach,
        Chosen chosen,
        boolean logText) {

    /** Which texts of a request are looked at. */
    enum Chosen {
        /** All but system text, which is the operator's own. */
        CONVERSATION,
        ALL,
        /** Those of the last message: Higress's reading. */
        LAST
    }

    List<Place> chosen(List<Place> all) {
        return switch (chosen) {
            case ALL -> all;
            case CONVERSATION ->
                all.stream()
                        .filter(place -> place.speaker() != Place.Speaker.SYSTEM)
                        .toList();
            case LAST -> last(all);
        };
    }

    private static List<Place> last(List<Place> all) {
        if (all.isEmpty()) {
            return all;
        }
        String message = message(all.get(all.size() - 1));
        return all.stream().filter(place -> message(place).equals(message)).toList();
    }

    /** Which message a place is in: its channel begins with the list and the number. */
    private static String message(Place place) {
        return place.channel().replaceFirst("^([a-z_A-Z]+\\d*).*", "$1");
    }
}
