package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Takes a piece of a JSON string apart. */
final class Unescape {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Unescape() {}

    /** What the piece says; the piece itself if it is none of a JSON string. */
    static String json(String piece) {
        if (piece.indexOf('\\') < 0) {
            return piece;
        }
        try {
            return MAPPER.readValue('"' + piece + '"', String.class);
        } catch (JsonProcessingException e) {
            return piece;
        }
    }
}
