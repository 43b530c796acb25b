package dev.sluice.plugins.cache;

import java.util.Locale;

/** A model for tests: texts of the same words, in whatever order and form, have the same vector. */
final class Words {
    static final int DIMENSIONS = 64;

    private Words() {}

    static float[] vector(String text) {
        float[] vector = new float[DIMENSIONS];
        for (String word : text.toLowerCase(Locale.ROOT).split("\\P{L}+")) {
            if (word.length() > 2) {
                vector[Math.floorMod(word.hashCode() * 31, DIMENSIONS)] += 1;
            }
        }
        return vector;
    }

    static String json(String text) {
        StringBuilder json = new StringBuilder("[");
        for (float x : vector(text)) {
            json.append(json.length() == 1 ? "" : ",").append(x);
        }
        return json.append(']').toString();
    }
}
