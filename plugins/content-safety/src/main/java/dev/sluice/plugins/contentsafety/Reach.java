package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.function.Function;

/**
 * Which texts of a body are looked at: those of the shapes that are known, and where it has none of them what the first of
 * the others finds. Two walks over equal trees find the same places. Immutable.
 *
 * @param shapes whether chats and the other known shapes are looked at
 */
record Reach(boolean shapes, List<Finder> requests, List<Finder> replies, List<Finder> events) {
    /** All of the known shapes. */
    static final Reach SHAPES = new Reach(true, List.of(), List.of(), List.of());

    /** All texts of any JSON. */
    static final Finder ANY = TextPath.jsonPath("$..*")::in;

    /** Finds texts in a tree. */
    @FunctionalInterface
    interface Finder {
        List<Place> in(JsonNode root);
    }

    List<Place> request(JsonNode root) {
        return find(root, Places::request, requests);
    }

    List<Place> reply(JsonNode root) {
        return find(root, Places::reply, replies);
    }

    List<Place> event(JsonNode root) {
        return find(root, Places::event, events);
    }

    private List<Place> find(JsonNode root, Function<JsonNode, List<Place>> known, List<Finder> others) {
        List<Place> found = shapes ? known.apply(root) : List.of();
        for (Finder other : others) {
            if (!found.isEmpty()) {
                break;
            }
            found = other.in(root);
        }
        return found;
    }
}
